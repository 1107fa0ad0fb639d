import type { JsonObject } from '../json.js';

/** What is asked of a person. All kinds share one inbox. */
export const ApprovalKind = {
  /** May this plan run? */
  plan: 'plan',
  /** An agent asks something; the answer is text. */
  question: 'question',
  /** A guard stopped a run: may it go on? */
  guardRail: 'guard_rail',
  /** An agent wants to do something that its policy does not settle: may it? */
  toolCall: 'tool_call',
  /** Repair, review or landing came to no end: approve tries once more (or lands in spite of the review), deny ends the task with its branch kept. */
  task: 'task',
  /** The value of a key result; the answer is a number. */
  measurement: 'measurement',
} as const;
export type ApprovalKind = (typeof ApprovalKind)[keyof typeof ApprovalKind];

/** Kinds whose approval carries an answer in words or figures. */
export const answeredKinds: readonly ApprovalKind[] = ['question', 'measurement'];

/** What a run asks of a person. Everything the person sees is covered by `digest`. */
export interface ApprovalRequest {
  /** Same subject and digest ask once: a retried activity finds the first question again. */
  subjectId: string;
  kind: ApprovalKind;
  /** SHA-256, hex, over the canonical JSON of what is approved. */
  digest: string;
  title: string;
  /** What the person sees, whole. */
  detail: JsonObject;
  /** Unanswered after this long, the answer is no. */
  expiresInMs: number;
  /** The workflow that waits for the answer, and the rows it belongs to. */
  workflowId: string;
  okrRunId: string;
  taskId?: string;
  agentRunId?: string;
}
