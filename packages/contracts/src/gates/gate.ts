/** `not_run` is not a pass. */
export const GateState = {
  passed: 'passed',
  failed: 'failed',
  timedOut: 'timed_out',
  notRun: 'not_run',
} as const;
export type GateState = (typeof GateState)[keyof typeof GateState];

/** A named command of the repository that must pass. Runs in a shell with the worktree as its folder. */
export interface GateDefinition {
  name: string;
  command: string;
  timeoutMs: number;
}

/** Where a list of gates came from: said in the approval. */
export type GateSource = 'declared' | 'detected' | 'none';

export interface GateOutcome {
  name: string;
  state: GateState;
  exitCode: number | null;
  durationMs: number;
  /** The end of its output, for a person and for the agent that repairs. */
  tail: string;
}
