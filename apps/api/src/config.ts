import { DomainError } from '@fermata/contracts';
import type { ModelsFilePlaces } from '@fermata/contracts/schemas';
import type { KeyPlaces } from '@fermata/database';
import { z } from 'zod';

const whole = (least: number, most: number, otherwise: number) =>
  z.coerce.number().int().min(least).max(most).default(otherwise);

/** Every key of the environment that the API reads; `.env.example` is tested against it. */
export const configSchema = z.object({
  /** `postgresql://user:password@host:port/name`. Holds a secret. */
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\/.+/, 'must be a postgresql:// URL'),
  /** Database connections held at most. */
  FERMATA_API_POOL_SIZE: whole(2, 200, 10),
  /** `host:port` of the Temporal server. */
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('fermata'),
  FERMATA_API_HOST: z.string().min(1).default('127.0.0.1'),
  /** 0: a free one, said on stdout. */
  FERMATA_API_PORT: whole(0, 65_535, 0),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Of one GraphQL request. */
  FERMATA_API_MAX_DEPTH: whole(3, 50, 12),
  FERMATA_API_MAX_COST: whole(100, 1_000_000, 5_000),
  /** Bytes of one request's body. */
  FERMATA_API_MAX_BODY_BYTES: whole(65_536, 16_777_216, 1_048_576),
  /** Set by whoever starts this process and holds its standard input open. */
  FERMATA_ENDS_WITH_STDIN: z.enum(['0', '1']).default('0'),
  /** Open subscriptions of one token. */
  FERMATA_API_MAX_SUBSCRIPTIONS: whole(1, 10_000, 100),
  /** Models of the user's own, or other prices of ours; `models.json` in FERMATA_HOME without it. */
  FERMATA_MODELS_FILE: z.string().optional(),
  FERMATA_HOME: z.string().optional(),
  /** `id:base64[,id:base64…]`: what secrets are encrypted with, the first, and decrypted. Keys. */
  FERMATA_SECRET_KEYS: z.string().optional(),
  /** The file of these keys, where they are not a setting. */
  FERMATA_SECRET_KEYS_FILE: z.string().optional(),
});

export interface ApiConfig {
  databaseUrl: string;
  poolSize: number;
  temporalAddress: string;
  temporalNamespace: string;
  host: string;
  port: number;
  logLevel: string;
  maxDepth: number;
  maxCost: number;
  maxBodyBytes: number;
  maxSubscriptions: number;
  endsWithStdin: boolean;
  /** Where a user's own models may be stated. */
  modelsFile?: ModelsFilePlaces;
  /** Where the keys of secrets are given. Holds secrets. */
  secretKeys?: KeyPlaces;
}

/** The injection token of the configuration. */
export const apiConfigToken = Symbol('ApiConfig');

/**
 * Reads the configuration, once, at boot.
 * @throws DomainError `invalid_input`, naming every bad key and what is wrong with it; values are never shown
 */
export function readConfig(environment: Record<string, string | undefined>): Readonly<ApiConfig> {
  const parsed = configSchema.safeParse(withoutEmpty(environment));
  if (!parsed.success) throw badConfig(parsed.error);
  const read = parsed.data;
  return Object.freeze({
    databaseUrl: read.DATABASE_URL,
    poolSize: read.FERMATA_API_POOL_SIZE,
    temporalAddress: read.TEMPORAL_ADDRESS,
    temporalNamespace: read.TEMPORAL_NAMESPACE,
    host: read.FERMATA_API_HOST,
    port: read.FERMATA_API_PORT,
    logLevel: read.LOG_LEVEL,
    maxDepth: read.FERMATA_API_MAX_DEPTH,
    maxCost: read.FERMATA_API_MAX_COST,
    maxBodyBytes: read.FERMATA_API_MAX_BODY_BYTES,
    maxSubscriptions: read.FERMATA_API_MAX_SUBSCRIPTIONS,
    endsWithStdin: read.FERMATA_ENDS_WITH_STDIN === '1',
    modelsFile: { file: read.FERMATA_MODELS_FILE, home: read.FERMATA_HOME },
    secretKeys: keyPlaces(read),
  });
}

/** Every key that the set-up program reads. */
export const setupSchema = configSchema
  .pick({ DATABASE_URL: true, FERMATA_SECRET_KEYS: true, FERMATA_SECRET_KEYS_FILE: true })
  .extend({ FERMATA_TOKEN_FILE: z.string().min(1) });

/**
 * What the set-up program needs.
 * @throws DomainError `invalid_input`
 */
export function readSetupConfig(environment: Record<string, string | undefined>): {
  databaseUrl: string;
  tokenFile: string;
  secretKeys: KeyPlaces;
} {
  const parsed = setupSchema.safeParse(withoutEmpty(environment));
  if (!parsed.success) throw badConfig(parsed.error);
  const { DATABASE_URL: databaseUrl, FERMATA_TOKEN_FILE: tokenFile } = parsed.data;
  return { databaseUrl, tokenFile, secretKeys: keyPlaces(parsed.data) };
}

function keyPlaces(
  read: Pick<z.infer<typeof setupSchema>, 'FERMATA_SECRET_KEYS' | 'FERMATA_SECRET_KEYS_FILE'>,
): KeyPlaces {
  return { list: read.FERMATA_SECRET_KEYS, file: read.FERMATA_SECRET_KEYS_FILE };
}

/** The environment of this process. */
export function environmentOfProcess(): Record<string, string | undefined> {
  return process.env;
}

/** An empty variable is one that nobody set. */
function withoutEmpty(environment: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

function badConfig({ issues }: z.ZodError): DomainError {
  const problems = issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return new DomainError('invalid_input', `the environment cannot be used: ${problems.join('; ')}`, { problems });
}
