import { describe, expect, it } from 'vitest';
import type { WhyNode } from '../graphql/why.js';
import { ids } from '../testing/rows.fixture.js';
import { whyChain } from './why-chain.js';

const waiting = (kind: string, subjectId: string | null = null) => ({
  ...{ kind, subjectId, since: '2026-01-31T09:30:00.000Z', detail: 'd', releasableBy: [] },
});
const okrRun = { id: ids.run };

function chainOf(id: string, nodes: Record<string, object>) {
  const read = (each: string) =>
    Promise.resolve({ id: each, failure: null, okrRun, ...nodes[each] } as unknown as WhyNode);
  return whyChain(id, read).then((chain) => chain.map((link) => link.id));
}

const run = (over: object) => ({
  ...{ __typename: 'OkrRun', goal: 'g', objective: null, approval: null, tasks: [], agentRuns: [] },
  ...over,
});
const task = (over: object) => ({
  ...{ __typename: 'Task', title: 't', dependsOn: [], agentRuns: [], changeRequest: null },
  ...over,
});

describe('why', () => {
  it('goes from a task to the run to the approval that holds them', async () => {
    const chain = await chainOf(ids.task, {
      [ids.task]: task({ taskState: 'todo', waitingOn: waiting('human', ids.run) }),
      [ids.run]: run({
        ...{ okrRunState: 'awaiting_approval', waitingOn: waiting('human') },
        approval: { id: ids.approval, state: 'pending' },
      }),
      [ids.approval]: {
        __typename: 'Approval',
        title: 'a',
        approvalState: 'pending',
        waitingOn: waiting('human', ids.approval),
      },
    });
    expect(chain).toEqual([ids.task, ids.run, ids.approval]);
  });

  it('goes from a run at work to the task and the agent run that work', async () => {
    const chain = await chainOf(ids.run, {
      [ids.run]: run({ okrRunState: 'running', waitingOn: waiting('work'), tasks: [{ id: ids.task, state: 'doing' }] }),
      [ids.task]: task({
        taskState: 'doing',
        waitingOn: waiting('work'),
        agentRuns: [{ id: ids.agentRun, state: 'running' }],
      }),
      [ids.agentRun]: { __typename: 'AgentRun', kind: 'work', agentRunState: 'running', waitingOn: waiting('work') },
    });
    expect(chain).toEqual([ids.run, ids.task, ids.agentRun]);
  });

  it('goes along the queue for landing to the change request whose turn it is', async () => {
    const change = (over: object) => ({ __typename: 'ChangeRequest', title: 'c', changeRequestState: 'open', ...over });
    const chain = await chainOf(ids.run, {
      [ids.run]: run({ okrRunState: 'running', waitingOn: waiting('slot', ids.changeRequest) }),
      [ids.changeRequest]: change({ waitingOn: waiting('slot', ids.otherChangeRequest) }),
      [ids.otherChangeRequest]: change({ waitingOn: waiting('work') }),
    });
    expect(chain).toEqual([ids.run, ids.changeRequest, ids.otherChangeRequest]);
  });

  it('says why somebody cancelled a run, also of the tasks that ended with it, and of no other', async () => {
    const reasonOf = async (node: object) => {
      const read = () => Promise.resolve({ id: ids.task, failure: null, waitingOn: null, ...node } as never);
      return (await whyChain(ids.task, read))[0]?.cancelReason;
    };
    const ofRun = { okrRun: { id: ids.run, cancelReason: 'too dear' } };
    expect(await reasonOf(run({ okrRunState: 'cancelled', cancelReason: 'too dear' }))).toBe('too dear');
    expect(await reasonOf(task({ taskState: 'cancelled', cancelReason: 'not needed', ...ofRun }))).toBe('not needed');
    expect(await reasonOf(task({ taskState: 'cancelled', cancelReason: null, ...ofRun }))).toBe('too dear');
    expect(await reasonOf(task({ taskState: 'done', cancelReason: null, ...ofRun }))).toBeNull();
  });

  it('stops at a run that somebody paused', async () => {
    const tasks = [{ id: ids.task, state: 'doing' }];
    const nodes = { [ids.run]: run({ okrRunState: 'paused', waitingOn: waiting('human'), tasks }) };
    expect(await chainOf(ids.run, nodes)).toEqual([ids.run]);
  });

  it('goes down to what failed, and ends though things wait for each other', async () => {
    const failed = { okrRunState: 'failed', waitingOn: null, tasks: [{ id: ids.task, state: 'failed' }] };
    const chain = await chainOf(ids.run, {
      [ids.run]: run(failed),
      [ids.task]: task({ taskState: 'failed', waitingOn: waiting('dependency', ids.run) }),
    });
    expect(chain).toEqual([ids.run, ids.task]);
  });
});
