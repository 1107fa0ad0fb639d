import { IdPrefix, idPrefix, type WaitSubject } from '@fermata/contracts';

/** Kinds of rows that say what they wait for. What speaks for a whole comes first. */
const mostSpecificFirst = [
  { prefix: IdPrefix.agentRun, type: 'agent_run' },
  { prefix: IdPrefix.changeRequest, type: 'change_request' },
  { prefix: IdPrefix.task, type: 'task' },
  { prefix: IdPrefix.okrRun, type: 'okr_run' },
] as const;

const keys = ['agentRunId', 'changeRequestId', 'taskId', 'okrRunId'];

/**
 * The row that an activity works for: the most specific of those its input names and of its workflow's own. The id of a
 * workflow is the id of its row, with the attempt behind it for a task. Null for work of no run: adding a repository, the
 * sweep.
 */
export function waitSubjectOf({ input, workflowId }: { input: unknown; workflowId: string }): WaitSubject | null {
  const ids = [...namedIn(input), workflowId.replace(/-\d+$/, '')];
  for (const { prefix, type } of mostSpecificFirst) {
    const id = ids.find((one) => idPrefix(one) === prefix);
    if (id !== undefined) return { type, id } as WaitSubject;
  }
  return null;
}

function namedIn(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return [];
  return Object.entries(input).flatMap(([key, value]) =>
    keys.includes(key) && typeof value === 'string' ? [value] : [],
  );
}
