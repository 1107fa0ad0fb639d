import type { Json } from '../json.js';

/** What an agent run is for: it decides the tools, the instructions and the shape of the result. */
export const AgentRunKind = {
  plan: 'plan',
  work: 'work',
  repair: 'repair',
  review: 'review',
  subtask: 'subtask',
} as const;
export type AgentRunKind = (typeof AgentRunKind)[keyof typeof AgentRunKind];

export const AgentRuntime = { api: 'api', acp: 'acp', command: 'command' } as const;
export type AgentRuntime = (typeof AgentRuntime)[keyof typeof AgentRuntime];

/** How long a run works, waits not counted, before a person is asked, for agents that were given nothing else. Milliseconds. */
export const defaultMaxWorkMs = 4 * 60 * 60_000;

export type StepKind = 'model' | 'tool' | 'note';

/** The result of a work or repair run. */
export interface WorkResult {
  summary: string;
}

/** The result of a subtask. */
export interface SubtaskResult {
  summary: string;
  /** As the one who asked for it wanted it. Absent where no schema was given. */
  data?: Json;
}

export type FindingSeverity = 'blocker' | 'major' | 'minor';

export interface ReviewFinding {
  file: string;
  line: number | null;
  severity: FindingSeverity;
  message: string;
}

/** The result of a review run. */
export interface ReviewResult {
  verdict: 'approve' | 'request_changes';
  summary: string;
  findings: readonly ReviewFinding[];
}

/** Arguments of the `finish` tool, before they are checked against the run's kind. */
export type UncheckedResult = Json;
