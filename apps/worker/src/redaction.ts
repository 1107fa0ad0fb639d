import { createRedactor, type KnownSecret } from '@fermata/contracts/redaction';
import { installRedactor, redacted } from '@fermata/database';
import type { WorkerConfig } from './config.js';

const keys = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY'] as const;

/** Nothing that this worker stores or logs has a key of ours in it, nor what looks like anybody's. */
export function installRedaction(config: WorkerConfig): void {
  installRedactor(createRedactor([...keys.flatMap((name) => secretIn(name, config[name])), ...loginIn(config)]));
}

/** For pino: each line as it is written. */
export const redactedLines = { streamWrite: (line: string): string => redacted(line) };

/** A plain word is a stand-in for a key, as servers on this machine take it: taking it out would only garble texts. */
function secretIn(name: string, value: string | undefined): KnownSecret[] {
  return value === undefined || /^[a-z-]{0,32}$/i.test(value) ? [] : [{ name, value }];
}

function loginIn({ DATABASE_URL: url }: WorkerConfig): KnownSecret[] {
  return secretIn('DATABASE_PASSWORD', decodeURIComponent(URL.parse(url)?.password ?? ''));
}
