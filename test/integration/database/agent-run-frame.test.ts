import { randomUUID } from 'node:crypto';
import { createAgentRunRepository, createStepRepository, newId, repositoriesFor } from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { makeWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const succeeded = { state: 'succeeded', failure: null } as const;
const failed = { state: 'failed', failure: { code: 'timeout', message: 'Too long.' } } as const;
let made: MadeOkrRun;

const runs = (workspaceId: string = made.workspaceId) => createAgentRunRepository(held.database, workspaceId);
const row = () => held.database.agentRun.findUniqueOrThrow({ where: { id: made.agentRunId } });
const put = (data: object) => held.database.agentRun.update({ where: { id: made.agentRunId }, data });
const events = async () =>
  (await repositoriesFor(held.database, made.workspaceId).events.after(0n))
    .filter(({ type }) => type === 'agent_run.state_changed')
    .map(({ type: _type, at: _at, cursor: _cursor, ...event }) => event);

beforeEach(async () => {
  made = await makeOkrRun(held.database);
  await put({ state: 'queued', startedAt: null, endedAt: null });
});

describe('a run that begins', () => {
  it('is read with what its agent says now, and with its last step', async () => {
    expect(await runs().toBegin(made.agentRunId)).toMatchObject({
      id: made.agentRunId,
      hasEnded: false,
      lastIndex: -1,
    });
    const { agentRunId, okrRunId, taskId } = made;
    const step = { agentRunId, okrRunId, taskId, index: 4, kind: 'note', name: 'note' } as const;
    await createStepRepository(held.database, made.workspaceId).record(step, { state: 'succeeded' });
    const { agentId } = await row();
    await held.database.agent.update({ where: { id: agentId }, data: { name: 'renamed' } });
    expect(await runs().toBegin(agentRunId)).toMatchObject({ lastIndex: 4, agent: { name: 'renamed' } });
    const { workspaceId: stranger } = await makeWorkspace(held.database);
    await expect(runs(stranger).toBegin(agentRunId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is at work from then on, and that is told once', async () => {
    const before = Date.now() - 1_000;
    for (const again of [false, true]) {
      const containment = again ? 'none' : 'bubblewrap';
      expect(await runs().begin(made.agentRunId, { containment })).toEqual({ state: 'running', failure: null });
    }
    const { startedAt, containment, waitingOn } = await row();
    expect(startedAt!.getTime()).toBeGreaterThan(before);
    expect({ containment, waitingOn }).toMatchObject({ containment: 'bubblewrap', waitingOn: { kind: 'work' } });
    const { agentRunId, okrRunId, taskId } = made;
    const { kind } = await row();
    const data = { kind, from: 'queued', to: 'running' };
    expect(await events()).toEqual([{ subjectId: agentRunId, okrRunId, taskId, agentRunId, data }]);
  });

  it('stays ended when it has ended', async () => {
    await put({ ...failed, endedAt: new Date() });
    expect(await runs().begin(made.agentRunId, { containment: null })).toEqual(failed);
    expect(await events()).toEqual([]);
  });
});

describe('a run that ends', () => {
  beforeEach(() => put({ state: 'running', startedAt: new Date() }));

  it('and leaves nothing open has ended by one statement, once', async () => {
    expect(await runs().endPlainly(made.agentRunId, failed)).toEqual(failed);
    expect(await runs().endPlainly(made.agentRunId, succeeded)).toEqual(failed);
    expect(await row()).toMatchObject({ ...failed, waitingOn: null, endedAt: expect.any(Date) as Date });
    const { kind } = await row();
    expect((await events()).map(({ data }) => data)).toEqual([
      { kind, from: 'running', to: 'failed', code: 'timeout' },
    ]);
  });

  it('while it waits says so of where it comes from', async () => {
    await put({ state: 'waiting' });
    expect(await runs().endPlainly(made.agentRunId, succeeded)).toEqual(succeeded);
    expect((await events()).map(({ data }) => data)).toMatchObject([{ from: 'waiting', to: 'succeeded' }]);
  });

  const step = (state: string) => {
    const { workspaceId, agentRunId } = made;
    const data = { workspaceId, agentRunId, index: 0, kind: 'tool', name: 'bash', attempt: 1, startedAt: new Date() };
    return held.database.agentStep.create({ data: { id: newId('stp'), state, ...data } });
  };
  const question = (settledAt: Date | null) => {
    const { workspaceId, agentRunId, okrRunId } = made;
    const ids = { workspaceId, agentRunId, okrRunId, subjectId: agentRunId, workflowId: agentRunId };
    const asked = {
      kind: 'question',
      state: 'denied',
      digest: randomUUID(),
      title: '?',
      detail: {},
      requestedBy: 'it',
    };
    const times = { requestedAt: new Date(), expiresAt: new Date(), settledAt };
    return held.database.approval.create({ data: { id: newId('apr'), ...ids, ...asked, ...times } });
  };
  const subtask = async (endedAt: Date | null) => {
    const { workspaceId, okrRunId, taskId, agentId, kind, round, attempt, runtime, model, maxSteps } = await row();
    const columns = { workspaceId, okrRunId, taskId, agentId, kind, round, attempt, runtime, model, maxSteps };
    const own = {
      id: newId('run'),
      key: randomUUID(),
      parentRunId: made.agentRunId,
      depth: 1,
      state: 'running',
      endedAt,
    };
    const texts = { briefDigest: 'b', systemDigest: 's', maxOutputTokens: 1, createdAt: new Date() };
    return held.database.agentRun.create({ data: { ...columns, ...own, ...texts } });
  };
  const money = async (state: string) => {
    const { workspaceId, okrRunId: subjectId, agentRunId } = made;
    const budget = await repositoriesFor(held.database, workspaceId).budgets.ensure({
      ...{ scope: 'okr_run', subjectId, limitMicros: 1_000 },
    });
    const data = {
      workspaceId,
      budgetId: budget.id,
      key: `${agentRunId}:0`,
      state,
      heldMicros: 1n,
      createdAt: new Date(),
    };
    return held.database.budgetReservation.create({ data: { id: newId('rsv'), ...data } });
  };
  const sealed = () => {
    const { workspaceId, agentRunId } = made;
    const data = {
      workspaceId,
      agentRunId,
      index: 0,
      keyId: 'k',
      nonce: Buffer.from('n'),
      ciphertext: Buffer.from('c'),
    };
    return held.database.sealedAnswer.create({ data });
  };

  it.each([
    ['a step', () => step('started')],
    ['a question', () => question(null)],
    ['a subtask', () => subtask(null)],
    ['money', () => money('held')],
    ['sealed words', sealed],
  ])('and leaves %s open is left to the longer way, unchanged', async (_what, leave) => {
    await leave();
    expect(await runs().endPlainly(made.agentRunId, succeeded)).toBeNull();
    expect(await row()).toMatchObject({ state: 'running', endedAt: null });
    expect(await events()).toEqual([]);
  });

  it('and has closed all that it had open ends plainly', async () => {
    await step('succeeded');
    await question(new Date());
    await subtask(new Date());
    await money('settled');
    expect(await runs().endPlainly(made.agentRunId, succeeded)).toEqual(succeeded);
  });

  it('before it has begun, or in another workspace, is left as it is', async () => {
    const { workspaceId: stranger } = await makeWorkspace(held.database);
    expect(await runs(stranger).endPlainly(made.agentRunId, succeeded)).toBeNull();
    await put({ state: 'queued' });
    expect(await runs().endPlainly(made.agentRunId, succeeded)).toBeNull();
    expect(await row()).toMatchObject({ state: 'queued', endedAt: null });
  });
});
