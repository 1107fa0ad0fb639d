import { expect, it } from 'vitest';
import { budgetSubjectIds } from './budget-scope.js';

it('a call is paid for by the workspace, the agent, the OKR run and, where there is one, the task', () => {
  const run = { workspaceId: 'wsp_1', agentId: 'agt_1', okrRunId: 'okr_1', taskId: 'task_1' };
  expect(budgetSubjectIds(run)).toEqual(['wsp_1', 'agt_1', 'okr_1', 'task_1']);
  expect(budgetSubjectIds({ ...run, taskId: null })).toEqual(['wsp_1', 'agt_1', 'okr_1']);
});
