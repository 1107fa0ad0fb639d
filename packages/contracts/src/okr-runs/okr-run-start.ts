import type { OkrRunId, WorkspaceId } from '../ids.js';
import { mainQueue, type OkrRunInput } from '../workflow-inputs.js';

/** What is started, and Temporal's options for it, as plain data. */
export interface OkrRunStart {
  workflowType: 'okrRun';
  options: {
    workflowId: OkrRunId;
    taskQueue: string;
    args: [OkrRunInput];
    /** A run has one workflow for good: one that has ended is not run again. */
    workflowIdReusePolicy: 'REJECT_DUPLICATE';
    staticSummary: string;
    /** By which an operator finds it in Temporal: ids only, never titles or prompts. */
    typedSearchAttributes: { key: { name: string; type: 'KEYWORD' }; value: string }[];
  };
}

const keyword = (name: string, value: string) => ({ key: { name, type: 'KEYWORD' as const }, value });

/** How the workflow of an OKR run is started, whoever does it: the API after its row, or the sweep that finds none. */
export function okrRunStart(run: { id: string; workspaceId: string; repositoryId: string }): OkrRunStart {
  const okrRunId = run.id as OkrRunId;
  return {
    workflowType: 'okrRun',
    options: {
      workflowId: okrRunId,
      taskQueue: mainQueue,
      args: [{ okrRunId, workspaceId: run.workspaceId as WorkspaceId }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: 'OKR run: from goal to report',
      typedSearchAttributes: [
        keyword('fermataWorkspace', run.workspaceId),
        keyword('fermataOkrRun', run.id),
        keyword('fermataRepository', run.repositoryId),
      ],
    },
  };
}
