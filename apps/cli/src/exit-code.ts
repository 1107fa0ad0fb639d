import { type ErrorCode, isDomainError } from '@fermata/contracts';
import { ServerUnreachable } from './graphql/server-unreachable.js';

/** What the command's exit says to scripts. */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  denied: 4,
  /** A run did all its work and missed a target: neither done nor failed. */
  targetsMissed: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const byCode: Partial<Record<ErrorCode, ExitCode>> = {
  invalid_input: ExitCode.usage,
  unauthenticated: ExitCode.denied,
  forbidden: ExitCode.denied,
};

/** The exit code of a command that ended with this error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ServerUnreachable) return ExitCode.unreachable;
  return (isDomainError(error) && byCode[error.code]) || ExitCode.failed;
}
