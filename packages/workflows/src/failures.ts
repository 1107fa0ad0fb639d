import { type Failure, isErrorCode, type JsonObject } from '@fermata/contracts';
import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TemporalFailure,
  TimeoutFailure,
} from '@temporalio/workflow';

/** What an activity's or a child's failure says, in our own terms: the innermost cause decides. */
export function failureOf(error: unknown): Failure {
  if ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause)
    return failureOf(error.cause);
  if (error instanceof ApplicationFailure) return fromApplicationFailure(error);
  if (error instanceof TimeoutFailure)
    return { code: 'timeout', message: `It did not end in the time it has: ${error.message}` };
  if (error instanceof Error) return { code: 'internal', message: error.message };
  return { code: 'internal', message: String(error) };
}

/** A failure of the world, to be settled. Anything else is a defect of ours, and must stop the workflow task instead. */
export function isSettleable(error: unknown): boolean {
  return error instanceof TemporalFailure;
}

/** The failure of an activity that another attempt of it does not mend. That of a local one comes as it is. */
export function isLasting(error: unknown): boolean {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof ApplicationFailure && failure.nonRetryable === true;
}

function fromApplicationFailure(failure: ApplicationFailure): Failure {
  const details = (failure.details?.[0] ?? {}) as JsonObject;
  return { code: isErrorCode(failure.type) ? failure.type : 'internal', message: failure.message, details };
}
