import { errorTraits, isDomainError } from '@fermata/contracts';
import { redacted, redactedValue } from '@fermata/database';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';

/**
 * The one translation DomainError → ApplicationFailure: `type` is the code, `details[0]` the details, retry and delay as
 * the code's traits and the other side's `Retry-After` say. Anything else is an `internal` failure, tried again. What is
 * said is redacted: Temporal keeps it.
 */
export function toApplicationFailure(error: unknown): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (!isDomainError(error)) {
    const message = redacted(error instanceof Error ? error.message : String(error));
    const cause = error instanceof Error && { cause: redactedError(error) };
    return ApplicationFailure.create({ message, type: 'internal', ...cause });
  }
  return ApplicationFailure.create({
    message: redacted(error.message),
    type: error.code,
    nonRetryable: !errorTraits[error.code].retryable,
    details: [redactedValue(error.details)],
    ...(error.retryAfterMs !== undefined && { nextRetryDelay: error.retryAfterMs }),
  });
}

/** The same for whoever looks for the defect, with its own causes. */
function redactedError({ name, message, stack, cause }: Error): Error {
  const shown = new Error(redacted(message), cause instanceof Error ? { cause: redactedError(cause) } : {});
  return Object.assign(shown, { name, ...(stack !== undefined && { stack: redacted(stack) }) });
}
