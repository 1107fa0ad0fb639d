import { expect, it } from 'vitest';
import { okrRunStart } from './okr-run-start.js';

it('starts an OKR run once for its id, on the queue of every worker, found by its ids alone', () => {
  const run = { id: 'okr_1', workspaceId: 'wsp_1', repositoryId: 'repo_1', goal: 'a secret goal' };
  const start = okrRunStart(run);
  expect(start).toEqual({
    workflowType: 'okrRun',
    options: {
      workflowId: 'okr_1',
      taskQueue: 'fermata',
      args: [{ okrRunId: 'okr_1', workspaceId: 'wsp_1' }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: 'OKR run: from goal to report',
      typedSearchAttributes: [
        { key: { name: 'fermataWorkspace', type: 'KEYWORD' }, value: 'wsp_1' },
        { key: { name: 'fermataOkrRun', type: 'KEYWORD' }, value: 'okr_1' },
        { key: { name: 'fermataRepository', type: 'KEYWORD' }, value: 'repo_1' },
      ],
    },
  });
  expect(JSON.parse(JSON.stringify(start))).toEqual(start);
});
