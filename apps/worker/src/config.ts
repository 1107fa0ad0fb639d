import { isAbsolute } from 'node:path';
import { type CircuitLimits, defaultCircuitLimits, DomainError, SandboxMode } from '@fermata/contracts';
import { parseHosts } from '@fermata/core/sandbox';
import { z } from 'zod';

const wholeNumber = (fallback: number) => z.coerce.number().int().positive().default(fallback);
/** Empty counts as absent: that is how a compose file passes a variable nobody has set. */
const optionalText = z
  .string()
  .trim()
  .optional()
  .transform((text) => text || undefined);

/** Absolute paths with commas between them. */
const paths = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((path) => path.trim() || []))
  .refine((list) => list.every(isAbsolute), 'must be absolute paths');

/** What may be reached on the network: see `parseHosts`. */
const hosts = z
  .string()
  .default('')
  .transform(parseHosts)
  .refine(
    (rules) => !rules.includes(null),
    'must be name[:port], *.name, address[:port] or network/prefix, with commas',
  )
  .transform((rules) => rules.filter((rule) => rule !== null));

const schema = z.object({
  DATABASE_URL: z.string().min(1),
  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('fermata'),
  /** Mirrors, worktrees and this host's id. */
  FERMATA_DATA_DIR: z.string().min(1),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  ANTHROPIC_API_KEY: optionalText,
  ANTHROPIC_BASE_URL: optionalText,
  OPENAI_API_KEY: optionalText,
  OPENAI_BASE_URL: optionalText,
  OPENAI_PROTOCOL: z.enum(['openai_responses', 'openai_chat']).optional(),
  GEMINI_API_KEY: optionalText,
  GEMINI_BASE_URL: optionalText,
  /** The model of the default agent; without it the key that is there decides. */
  FERMATA_MODEL: optionalText,
  FERMATA_WORKER_HOST: z.string().min(1).default('127.0.0.1'),
  /** Of `/healthz` and `/metrics`; 0 takes a free one. */
  FERMATA_WORKER_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Of the model gateway, on loopback only; 0 takes a free one. */
  FERMATA_GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Set by whoever starts this process and holds its standard input open. */
  FERMATA_ENDS_WITH_STDIN: z.enum(['0', '1']).default('0'),
  FERMATA_DATABASE_POOL: wholeNumber(20),
  FERMATA_MODEL_CALLS_AT_ONCE: wholeNumber(200),
  FERMATA_TOOLS_AT_ONCE: wholeNumber(50),
  FERMATA_CACHED_WORKFLOWS: wholeNumber(500),
  /** To find out where a workflow stands, in Temporal's UI; it costs half of the workflow thread's time. */
  FERMATA_WORKFLOW_STACKS: z.enum(['0', '1']).default('0'),
  FERMATA_SWEEP_INTERVAL_MS: wholeNumber(60_000),
  FERMATA_SHUTDOWN_GRACE_MS: wholeNumber(5_000),
  FERMATA_MAX_REPAIR_ROUNDS: z.coerce.number().int().min(0).default(2),
  FERMATA_MAX_REVIEW_ROUNDS: wholeNumber(2),
  FERMATA_QUESTION_EXPIRES_MS: wholeNumber(7 * 24 * 3_600_000),
  FERMATA_TOOL_OUTPUT_BYTES: wholeNumber(64 * 1024),
  FERMATA_SETUP_TIMEOUT_MS: wholeNumber(20 * 60_000),
  FERMATA_CIRCUIT_FAILURES: wholeNumber(defaultCircuitLimits.failures),
  FERMATA_CIRCUIT_OPEN_MS: wholeNumber(defaultCircuitLimits.openMs),
  FERMATA_SANDBOX: z.enum(SandboxMode).default(SandboxMode.auto),
  /** Shown to contained programs besides the system and the toolchains that are found. */
  FERMATA_SANDBOX_READABLE: paths,
  /** Shared by all of them: what one changes there another finds. */
  FERMATA_SANDBOX_WRITABLE: paths,
  FERMATA_SANDBOX_HOSTS: hosts,
  FERMATA_SANDBOX_MEMORY_BYTES: wholeNumber(8 * 1024 ** 3),
  FERMATA_SANDBOX_PROCESSES: wholeNumber(2_048),
  FERMATA_SANDBOX_CPU_SECONDS: wholeNumber(36_000),
  FERMATA_SANDBOX_FILE_BYTES: wholeNumber(8 * 1024 ** 3),
  /** Of which contained programs see nothing, whatever lies around it: where `fermata up` keeps everything. */
  FERMATA_HOME: optionalText,
  /** Models of the user's own, or other prices of ours; `models.json` in FERMATA_HOME without it. */
  FERMATA_MODELS_FILE: optionalText,
  /** Where programs of agents were installed. */
  FERMATA_AGENTS_DIR: optionalText,
  /** Agents may use logins of their own: their files in the home of this user are then shown to them. */
  FERMATA_ALLOW_OWN_LOGIN: z.enum(['true', 'false']).default('false'),
  /** `id:base64[,id:base64…]`: what stored secrets are decrypted with. Keys. */
  FERMATA_SECRET_KEYS: optionalText,
  /** The file of these keys, where they are not a setting. */
  FERMATA_SECRET_KEYS_FILE: optionalText,
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalText,
});

export type WorkerConfig = Readonly<z.infer<typeof schema>>;

/** The keys of the schema, for the test that holds .env.example against it. */
export const workerConfigKeys = Object.keys(schema.shape);

/**
 * Reads the environment once. Every bad key is named; no value is shown.
 *
 * @throws DomainError `invalid_input`
 */
export function loadWorkerConfig(env: NodeJS.ProcessEnv = process.env): WorkerConfig {
  const parsed = schema.safeParse(env);
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new DomainError('invalid_input', `The worker's settings are wrong. ${problems.join('; ')}`, { problems });
}

/** When calls stop going to a provider that fails, and for how long. */
export function circuitLimits(config: WorkerConfig): CircuitLimits {
  const { FERMATA_CIRCUIT_FAILURES: failures, FERMATA_CIRCUIT_OPEN_MS: openMs } = config;
  return { ...defaultCircuitLimits, failures, openMs, maxOpenMs: Math.max(openMs, defaultCircuitLimits.maxOpenMs) };
}

/** The environment child processes are made from; an allow-list decides what of it they see. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
