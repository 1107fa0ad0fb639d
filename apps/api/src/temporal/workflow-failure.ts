import { DomainError, isErrorCode, type JsonObject } from '@fermata/contracts';
import { ApplicationFailure, TimeoutFailure, type WorkflowFailedError } from '@temporalio/client';

/**
 * The innermost failure of a workflow in our own terms: activities put the code into `type` and
 * the details into `details[0]`.
 */
export function domainErrorOf(error: WorkflowFailedError): DomainError {
  const innermost = innermostCause(error);
  if (innermost instanceof ApplicationFailure && isErrorCode(innermost.type)) {
    const details = (innermost.details?.[0] ?? {}) as JsonObject;
    return new DomainError(innermost.type, innermost.message, details, { cause: error });
  }
  if (innermost instanceof TimeoutFailure) {
    return new DomainError(
      'timeout',
      'no worker answered in time; see that one is running, and try again',
      {},
      { cause: error },
    );
  }
  return new DomainError('internal', 'the workflow failed', {}, { cause: error });
}

function innermostCause(error: Error): Error {
  return error.cause instanceof Error ? innermostCause(error.cause) : error;
}
