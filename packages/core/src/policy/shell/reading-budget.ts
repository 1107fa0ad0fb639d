import type { Flow, Ran, ShellScope } from './shell-scope.js';

export const nothingMore: Ran = { commands: [], output: null, leaves: true };

/** Takes one step. True when there are none left, which is a problem of the whole line: what follows was not read. */
export function isExhausted({ reading }: ShellScope, { from }: Flow): boolean {
  reading.budget.steps -= 1;
  if (reading.budget.steps === -1) {
    reading.problems.push({ reason: 'the command line runs too many commands to follow', from });
  }
  return reading.budget.steps < 0;
}
