import { createRedactor, type KnownSecret } from '@fermata/contracts/redaction';
import { type Database, installRedactor, readKnownSecrets, redactedJson, type SecretCipher } from '@fermata/database';
import type { Logger } from 'pino';
import type { WorkerConfig } from './config.js';

const keys = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY'] as const;
const lookEveryMs = 5_000;

/** Of one word: taking it out everywhere would take out what we say, and what programs and rows say, too. */
const plainWord = /^[a-z]{0,15}$/i;

/** Nothing that this worker stores or logs has a key of ours in it, nor what looks like anybody's. */
export function installRedaction(config: WorkerConfig, stored: readonly KnownSecret[] = []): void {
  const own = [...keys.flatMap((name) => secretIn(name, config[name])), ...loginIn(config)];
  installRedactor(createRedactor([...own, ...stored.filter(({ value }) => !plainWord.test(value))]));
}

/** For pino: each line as it is written. */
export const redactedLines = { streamWrite: (line: string): string => `${redactedJson(line.trimEnd())}\n` };

interface Watching {
  config: WorkerConfig;
  database: Database;
  cipher: SecretCipher;
  logger: Logger;
}

/**
 * Nor a secret that a workspace stores: those of before are known when this resolves, others a few seconds after they were saved.
 * @returns stops looking
 */
export async function keepRedactionCurrent({ config, database, cipher, logger }: Watching): Promise<() => void> {
  let version: string | null = null;
  const look = async (): Promise<void> => {
    const known = await readKnownSecrets(database, cipher, version);
    if (known === null) return;
    installRedaction(config, known.secrets);
    ({ version } = known);
  };
  await look();
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: unknown) => {
      logger.warn({ err: error }, 'cannot see whether secrets have changed');
    });
  }, lookEveryMs);
  return () => clearInterval(timer);
}

/** A plain word is a stand-in for a key, as servers on this machine take it: taking it out would only garble texts. */
function secretIn(name: string, value: string | undefined): KnownSecret[] {
  return value === undefined || /^[a-z-]{0,32}$/i.test(value) ? [] : [{ name, value }];
}

function loginIn({ DATABASE_URL: url }: WorkerConfig): KnownSecret[] {
  return secretIn('DATABASE_PASSWORD', decodeURIComponent(URL.parse(url)?.password ?? ''));
}
