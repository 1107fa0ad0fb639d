import { EventType, type ModelChoice, type UpstreamRef } from '@fermata/contracts';
import { storable } from '../storable.js';
import type { StepStart } from './step.repository.js';

/** Why a step asks the model it is named after. `refused`: models whose providers turned the run away. */
export interface StepChoice extends ModelChoice {
  refused?: readonly string[];
}

/** What a model call asks: it must be able to take the call. */
export interface ModelCallPlace {
  upstream: UpstreamRef;
  /** Where there was something to choose. */
  choice?: StepChoice;
  /** The model that the run asked last, where it is another one: that is told. */
  insteadOf?: string;
}

/** As the functions of the database take it. What is absent is left out: the statement then asks nobody, and does nothing more. */
export function placeOf(
  { agentRunId, okrRunId, taskId }: Pick<StepStart, 'agentRunId' | 'okrRunId' | 'taskId'>,
  call: ModelCallPlace | undefined,
): string {
  if (call?.choice === undefined) return JSON.stringify({ upstream: call?.upstream });
  const { upstream, choice, insteadOf } = call;
  const ids = { agentRunId, okrRunId, ...(taskId && { taskId }) };
  const { model, rule, reason } = choice;
  const data = { model, rule, reason, insteadOf };
  const event = { type: EventType.modelChosen, subjectId: agentRunId, ...ids, data };
  return JSON.stringify(storable({ upstream, choice, events: insteadOf === undefined ? [] : [event] }));
}
