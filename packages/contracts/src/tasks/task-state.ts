import type { StateTable } from '../state-table.js';

/** `partial_done`: ended without landing, with changes kept on its branch. */
export const TaskState = {
  idea: 'idea',
  backlog: 'backlog',
  todo: 'todo',
  doing: 'doing',
  review: 'review',
  partialDone: 'partial_done',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
} as const;
export type TaskState = (typeof TaskState)[keyof typeof TaskState];

/** `partial_done` and `failed` can be reopened, so neither is final in the table. */
export const taskTransitions: StateTable<TaskState> = {
  idea: ['backlog', 'todo', 'cancelled'],
  backlog: ['idea', 'todo', 'cancelled'],
  todo: ['doing', 'backlog', 'failed', 'cancelled'],
  doing: ['review', 'todo', 'partial_done', 'done', 'failed', 'cancelled'],
  review: ['doing', 'done', 'partial_done', 'failed', 'cancelled'],
  partial_done: ['todo', 'cancelled'],
  failed: ['todo', 'cancelled'],
  done: [],
  cancelled: [],
};

/** States in which no workflow works on the task: it ended, although it may be reopened. */
export const settledTaskStates: readonly TaskState[] = ['partial_done', 'done', 'failed', 'cancelled'];
