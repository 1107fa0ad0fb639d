import type { TaskOutcome } from '@fermata/contracts';

/** Landing tries within one attempt, before a person is asked. */
export const maxLandings = 4;

/** Each landing numbers its rounds of gates from its own start, this far apart. */
export const landingRounds = 100;

/** Numbers the rounds of one attempt at a task. Each number names one row, so none is ever given twice. */
export class TaskRounds {
  gates = 0;
  repairs = 0;
  reviews = 0;
  landings = 0;
  questions = 0;
  /** Repairs since a gate last passed, and reviews since a person last decided: what the limits count. */
  repairsInVain = 0;
  reviewsInVain = 0;
  landingsInVain = 0;
}

/** How an attempt that did not land ends: with changes it is partly done and its branch is kept. */
export function settleUnlanded(outcome: TaskOutcome, changed: boolean): TaskOutcome {
  return outcome.state === 'done' || !changed ? outcome : { ...outcome, state: 'partial_done' };
}
