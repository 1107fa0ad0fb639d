import type { Failure } from '../errors.js';
import type { MicroUsd } from '../money.js';
import type { TaskState } from '../tasks/task-state.js';

/** What a finished OKR run says of itself. Values come from measurements and git, nothing is inferred. */
export interface OkrRunReport {
  outcome: 'completed' | 'failed' | 'cancelled' | 'denied';
  summary: string;
  keyResults: readonly {
    keyResultId: string;
    title: string;
    unit: string;
    baseline: number | null;
    value: number | null;
    target: number;
    met: boolean;
    failure: Failure | null;
  }[];
  tasks: readonly {
    taskId: string;
    title: string;
    state: TaskState;
    /** The commit on the target branch; null when nothing of it was merged. */
    mergedCommit: string | null;
    /** Where unmerged work is kept. */
    keptBranch: string | null;
    failure: Failure | null;
  }[];
  targetsMet: number;
  costMicros: MicroUsd;
  estimatedMicros: MicroUsd | null;
  durationMs: number;
}
