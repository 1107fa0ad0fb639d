/** What a budget caps. */
export const BudgetScope = { workspace: 'workspace', agent: 'agent', okrRun: 'okr_run', task: 'task' } as const;
export type BudgetScope = (typeof BudgetScope)[keyof typeof BudgetScope];

/** Of an agent run: what stands above its model calls. */
export interface BudgetSubjects {
  workspaceId: string;
  agentId: string;
  okrRunId: string;
  /** Null: it plans or measures for the OKR run as a whole. */
  taskId: string | null;
}

/** The ids of everything whose budget pays for a model call: the call is held against all of them, or against none. */
export function budgetSubjectIds({ workspaceId, agentId, okrRunId, taskId }: BudgetSubjects): string[] {
  return taskId === null ? [workspaceId, agentId, okrRunId] : [workspaceId, agentId, okrRunId, taskId];
}
