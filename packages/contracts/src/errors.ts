import type { JsonObject } from './json.js';

/** How each kind of failure is treated: tried again by Temporal, shown to the caller, and how loudly it is logged. */
export interface ErrorTraits {
  retryable: boolean;
  /** The message and details may be shown to a caller. Anything else becomes "internal error" with a reference. */
  expose: boolean;
  log: 'debug' | 'info' | 'warn' | 'error';
}

const asked = { retryable: false, expose: true, log: 'info' } as const;
const world = { retryable: false, expose: true, log: 'warn' } as const;
const passing = { retryable: true, expose: true, log: 'warn' } as const;
const defect = { retryable: false, expose: false, log: 'error' } as const;

/** One row for each code; the only place where a code's behaviour is decided. */
export const errorTraits = {
  // What the caller asked for cannot be.
  invalid_input: asked,
  not_found: asked,
  unauthenticated: asked,
  forbidden: asked,
  conflict: asked,
  idempotency_mismatch: asked,
  query_too_complex: asked,
  approval_stale: asked,
  approval_closed: asked,
  approval_open: asked,
  invalid_transition: asked,
  // The world is not as it must be, and trying again does not change that.
  plan_invalid: world,
  not_a_repository: world,
  repository_empty: world,
  checkout_dirty: world,
  merge_conflict: world,
  target_moved: passing,
  git_failed: world,
  path_outside_worktree: world,
  tool_input_invalid: world,
  tool_failed: world,
  command_failed: world,
  measure_failed: world,
  data_directory_unusable: world,
  disk_full: world,
  port_taken: world,
  missing_program: world,
  sandbox_unavailable: world,
  provider_unauthorized: world,
  provider_rejected: world,
  provider_misconfigured: world,
  budget_exhausted: world,
  /** There is no key to encrypt or decrypt stored secrets with, or it is not the one they were encrypted with. */
  secrets_unavailable: world,
  model_unknown: world,
  // It may work the next time.
  lock_contention: passing,
  provider_rate_limited: passing,
  provider_unavailable: passing,
  provider_stream_broken: passing,
  /** The user's repository was where it is said to be, and is not there now. */
  repository_away: passing,
  unavailable: passing,
  timeout: passing,
  // Ours.
  internal: defect,
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof errorTraits;

export interface DomainErrorOptions {
  cause?: unknown;
  /** How long to wait before trying again, where the other side said so (`Retry-After`). */
  retryAfterMs?: number;
}

/**
 * The one error type of Fermata. The message is a sentence for a person: what is wrong, naming the thing, and the way out.
 * Code branches on `code`, never on the message. `details` hold ids and numbers, no secrets, no prompts.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly retryAfterMs: number | undefined;

  // eslint-disable-next-line max-params -- three are given everywhere; only a translation from outside needs the fourth
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: JsonObject = {},
    options: DomainErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }

  get retryable(): boolean {
    return errorTraits[this.code].retryable;
  }
}

export function isDomainError(error: unknown): error is DomainError {
  return error instanceof Error && error.name === 'DomainError' && 'code' in error;
}

/** For `catch`: null for what is not there, and any other error as it is. */
export function nullWhenUnknown(error: unknown): null {
  if (isDomainError(error) && error.code === 'not_found') return null;
  throw error;
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTraits, code);
}

/** What is stored on a row and shown when something failed. */
export interface Failure {
  code: ErrorCode;
  message: string;
  details?: JsonObject;
}

/** A failure as it is stored: a DomainError as it is, anything else as `internal` with its message. */
export function toFailure(error: unknown): Failure {
  if (isDomainError(error)) return { code: error.code, message: error.message, details: error.details };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
