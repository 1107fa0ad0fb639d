import { subtasksFrom } from '../agent-runs/subtask.js';

/** What a budget caps. Of agent runs, only subtasks have one. */
export const BudgetScope = {
  workspace: 'workspace',
  agent: 'agent',
  okrRun: 'okr_run',
  task: 'task',
  agentRun: 'agent_run',
} as const;
export type BudgetScope = (typeof BudgetScope)[keyof typeof BudgetScope];

/** Of an agent run: what stands above its model calls. */
export interface BudgetSubjects {
  workspaceId: string;
  agentId: string;
  okrRunId: string;
  /** Null: it plans or measures for the OKR run as a whole. */
  taskId: string | null;
  /** The run itself and where it stands among subtasks. Absent: it is none. */
  id?: string;
  parentRunId?: string | null;
  depth?: number;
}

/** The ids of everything whose budget pays for a model call: the call is held against all of them, or against none. */
export function budgetSubjectIds(run: BudgetSubjects): string[] {
  const { workspaceId, agentId, okrRunId, taskId, id, parentRunId = null, depth = 0 } = run;
  const subtasks = id === undefined ? [] : subtasksFrom({ id, parentRunId, depth });
  return [workspaceId, agentId, okrRunId, ...(taskId === null ? [] : [taskId]), ...subtasks];
}
