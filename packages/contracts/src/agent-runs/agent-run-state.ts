import type { StateTable } from '../state-table.js';

export const AgentRunState = {
  queued: 'queued',
  running: 'running',
  waiting: 'waiting',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  timedOut: 'timed_out',
} as const;
export type AgentRunState = (typeof AgentRunState)[keyof typeof AgentRunState];

export const agentRunTransitions: StateTable<AgentRunState> = {
  queued: ['running', 'failed', 'cancelled'],
  running: ['waiting', 'succeeded', 'failed', 'cancelled', 'timed_out'],
  waiting: ['running', 'succeeded', 'failed', 'cancelled', 'timed_out'],
  succeeded: [],
  failed: [],
  cancelled: [],
  timed_out: [],
};

/** `unknown`: it may or may not have happened; the model was told so and must look. */
export const StepState = {
  started: 'started',
  succeeded: 'succeeded',
  failed: 'failed',
  unknown: 'unknown',
} as const;
export type StepState = (typeof StepState)[keyof typeof StepState];

export const stepTransitions: StateTable<StepState> = {
  started: ['succeeded', 'failed', 'unknown'],
  succeeded: [],
  failed: [],
  unknown: [],
};
