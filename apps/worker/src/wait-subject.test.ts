import { describe, expect, it } from 'vitest';
import { waitSubjectOf } from './wait-subject.js';

const id = <Prefix extends string>(prefix: Prefix) => `${prefix}_${'0'.repeat(26)}` as const;
const [okrRunId, taskId, agentRunId, changeRequestId] = [id('okr'), id('task'), id('run'), id('cr')];

const types: Record<string, string> = {
  ...{ [okrRunId]: 'okr_run', [taskId]: 'task', [agentRunId]: 'agent_run', [changeRequestId]: 'change_request' },
};

describe('the row an activity works for', () => {
  it.each([
    ['readOrders in an agent run', { input: { okrRunId, taskId }, workflowId: agentRunId }, agentRunId],
    ['the gate of a landing', { input: { taskId, attempt: 1 }, workflowId: changeRequestId }, changeRequestId],
    ['skipTask', { input: { taskId, because: [id('task')] }, workflowId: okrRunId }, taskId],
    ['the decision about a task', { input: { attempt: 2 }, workflowId: `${taskId}-2` }, taskId],
    ['the answer to a measurement', { input: { keyResultId: id('kr') }, workflowId: okrRunId }, okrRunId],
    ['a conversation that goes on', { input: { taskId, continues: agentRunId }, workflowId: `${taskId}-1` }, taskId],
    ['an activity without input', { input: undefined, workflowId: okrRunId }, okrRunId],
  ])('is known: %s', (_, activity, subject) => {
    expect(waitSubjectOf(activity)).toEqual({ type: types[subject], id: subject });
  });

  it.each([
    ['adding a repository', { input: { workspaceId: id('wsp') }, workflowId: 'repository-1' }],
    ['ids that are none', { input: { taskId: 7, okrRunId: 'okr_1' }, workflowId: 'sweep' }],
  ])('is none: %s', (_, activity) => {
    expect(waitSubjectOf(activity)).toBeNull();
  });
});
