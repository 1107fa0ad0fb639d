/**
 * What an item that is not final waits for. `work`: a process of ours is doing it right now. `retry`: a step of it has
 * failed again and again, and is tried again. `worker`: it was at work, and the worker that had it has not been heard of since;
 * never stored, and said by whoever reads.
 */
export const WaitKind = {
  work: 'work',
  human: 'human',
  budget: 'budget',
  slot: 'slot',
  dependency: 'dependency',
  rateLimit: 'rate_limit',
  checks: 'checks',
  schedule: 'schedule',
  retry: 'retry',
  worker: 'worker',
} as const;
export type WaitKind = (typeof WaitKind)[keyof typeof WaitKind];

/** Law 6: every item that is not final says what it waits for, since when, and who can release it. */
export interface WaitingOn {
  kind: WaitKind;
  /** ISO time. */
  since: string;
  /** One sentence for a person. */
  detail: string;
  /** Roles or named parties that can release it (`approver`, `operator`, `fermata`). */
  releasableBy: string[];
  /** The approval, task or budget it waits for. */
  subjectId?: string;
  /** ISO time: when it is tried again by itself, where that is known. */
  until?: string;
}
