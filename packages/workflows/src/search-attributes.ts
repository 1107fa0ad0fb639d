import type { ChildWorkflowOptions } from '@temporalio/workflow';

type TypedSearchAttributes = Exclude<ChildWorkflowOptions['typedSearchAttributes'], undefined>;

const keyword = (name: string) => ({ name, type: 'KEYWORD' }) as const;
const workspace = keyword('fermataWorkspace');
const okrRun = keyword('fermataOkrRun');
const task = keyword('fermataTask');

/** By which an operator finds a workflow in Temporal: ids only, never titles or prompts. */
export function searchAttributesOf(ids: {
  workspaceId: string;
  okrRunId: string;
  taskId?: string;
}): TypedSearchAttributes {
  const ofRun = [
    { key: workspace, value: ids.workspaceId },
    { key: okrRun, value: ids.okrRunId },
  ];
  return ids.taskId === undefined ? ofRun : [...ofRun, { key: task, value: ids.taskId }];
}
