import type { ApprovalRequest } from '@fermata/contracts';
import { type ApprovalDecision, repositoriesFor } from '@fermata/database';
import { type Goal, submitGoal } from '@fermata/database/orders';
import { beforeEach, describe, expect, it } from 'vitest';
import { approvalRequest, type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let made: MadeOkrRun;
beforeEach(async () => void (made = await makeOkrRun(held.database)));

const approvals = () => repositoriesFor(held.database, made.workspaceId).approvals;

const ask = (changes: Partial<ApprovalRequest> = {}) =>
  approvals().findOrCreate(approvalRequest(made, changes), { requestedBy: 'fermata' });

function decide(approvalId: string, changes: Partial<ApprovalDecision> = {}) {
  const by = { digest: 'digest-1', decidedBy: made.principalId };
  return approvals().decide({ approvalId, state: 'approved', ...by, ...changes });
}

async function ledger() {
  const where = { workspaceId: made.workspaceId };
  const events = await held.database.event.findMany({ where, orderBy: { cursor: 'asc' } });
  const audit = await held.database.auditEntry.findMany({ where, orderBy: { sequence: 'asc' } });
  return {
    events: events.filter(({ type }) => type.startsWith('approval.')).map(({ type, data }) => ({ type, data })),
    audit: audit.filter(({ action }) => action.startsWith('approval.')).map(({ actor, action }) => ({ actor, action })),
  };
}

describe('asking', () => {
  it('puts the question into the inbox, and into events and audit', async () => {
    const id = await ask();
    expect(await approvals().pending()).toMatchObject([
      { id, kind: 'plan', title: 'May it run?', detail: { tasks: 1 }, requestedBy: 'fermata', state: 'pending' },
    ]);
    expect(await ledger()).toMatchObject({
      events: [{ type: 'approval.requested', data: { kind: 'plan', subjectId: made.okrRunId } }],
      audit: [{ actor: 'fermata', action: 'approval.request' }],
    });
  });

  it('the same twice, even at once, asks once', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => ask()));
    expect(new Set(ids).size).toBe(1);
    expect((await ledger()).events).toHaveLength(1);
    expect(await ask({ digest: 'digest-2' })).not.toBe(ids[0]);
  });

  it('again after the answer gives the answered question', async () => {
    const id = await ask();
    await decide(id);
    expect(await ask()).toBe(id);
    expect(await approvals().outcome(id)).toMatchObject({ state: 'approved' });
  });
});

describe('deciding', () => {
  it('records who said what, once', async () => {
    const id = await ask();
    const row = await decide(id, { state: 'denied', reason: 'too dear' });
    expect(row).toMatchObject({ state: 'denied', decidedBy: made.principalId, reason: 'too dear' });
    expect(await approvals().pending()).toEqual([]);
    expect(await approvals().outcome(id)).toEqual({
      approvalId: id,
      state: 'denied',
      reason: 'too dear',
      answer: null,
    });
    expect(await ledger()).toMatchObject({
      events: [{}, { type: 'approval.decided', data: { from: 'pending', to: 'denied' } }],
      audit: [{}, { actor: made.principalId, action: 'approval.denied' }],
    });
  });

  it('the same twice is harmless, otherwise is refused', async () => {
    const id = await ask();
    const first = await decide(id);
    expect(await decide(id, { decidedBy: 'prn_other' })).toEqual(first);
    await expect(decide(id, { state: 'denied' })).rejects.toMatchObject({ code: 'approval_closed' });
    expect((await ledger()).events).toHaveLength(2);
  });

  it('at once and differently has one winner', async () => {
    const id = await ask();
    const results = await Promise.allSettled([decide(id), decide(id, { state: 'denied' }), decide(id)]);
    const { state } = await approvals().outcome(id);
    const agreed = state === 'approved' ? 2 : 1;
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(agreed);
    expect((await ledger()).events).toHaveLength(2);
  });

  it('about something else than was shown is refused', async () => {
    const id = await ask();
    await expect(decide(id, { digest: 'digest-2' })).rejects.toMatchObject({ code: 'approval_stale' });
    expect(await approvals().pending()).toHaveLength(1);
  });

  it('about nothing is refused', async () => {
    await expect(decide('apr_none')).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([
    ['question', undefined],
    ['question', '   '],
    ['measurement', undefined],
    ['measurement', 'many'],
    ['measurement', 'Infinity'],
    ['measurement', ' '],
  ] as const)('a %s with the answer %j is refused', async (kind, answer) => {
    const id = await ask({ kind });
    await expect(decide(id, answer === undefined ? {} : { answer })).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await approvals().pending()).toHaveLength(1);
  });

  it('keeps the answer, and takes another one for a contradiction', async () => {
    const id = await ask({ kind: 'measurement' });
    await decide(id, { answer: ' 42.5 ' });
    expect(await approvals().outcome(id)).toMatchObject({ state: 'approved', answer: '42.5' });
    expect(await decide(id, { answer: '42.5' })).toMatchObject({ answer: '42.5' });
    await expect(decide(id, { answer: '43' })).rejects.toMatchObject({ code: 'approval_closed' });
  });

  it('no needs no answer', async () => {
    const id = await ask({ kind: 'question' });
    expect(await decide(id, { state: 'denied' })).toMatchObject({ state: 'denied', answer: null });
  });
});

describe('the deadline', () => {
  it('closes the question by the decision that comes too late', async () => {
    const id = await ask({ expiresInMs: -1 });
    expect(await approvals().pending()).toEqual([]);
    await expect(decide(id)).rejects.toMatchObject({ code: 'approval_closed' });
    expect(await approvals().outcome(id)).toMatchObject({ state: 'expired' });
    expect((await ledger()).audit.at(-1)).toEqual({ actor: 'fermata', action: 'approval.expired' });
  });

  it('changes nothing about a question that was answered in time', async () => {
    const id = await ask();
    await decide(id);
    await approvals().expire(id);
    expect(await approvals().outcome(id)).toMatchObject({ state: 'approved' });
  });

  it('and a decision that race give one end, which both then report', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await ask({ digest: `digest-${round}` });
      const [decided] = await Promise.allSettled([decide(id, { digest: `digest-${round}` }), approvals().expire(id)]);
      const { state } = await approvals().outcome(id);
      expect(state).toBe(decided.status === 'fulfilled' ? 'approved' : 'expired');
    }
    expect((await ledger()).events).toHaveLength(20);
  });
});

describe('a change of the subject', () => {
  it('voids its open questions and no other', async () => {
    const open = await ask();
    const answered = await ask({ digest: 'digest-2' });
    await decide(answered, { digest: 'digest-2' });
    const elsewhere = await ask({ subjectId: made.taskId });
    await approvals().voidOpen(made.okrRunId, made.principalId);
    expect((await approvals().get(open)).state).toBe('void');
    expect((await approvals().get(answered)).state).toBe('approved');
    expect((await approvals().get(elsewhere)).state).toBe('pending');
    await expect(decide(open)).rejects.toMatchObject({ code: 'approval_closed' });
  });
});

describe('the outcome', () => {
  it('is refused while nobody has answered', async () => {
    await expect(approvals().outcome(await ask())).rejects.toMatchObject({ code: 'approval_open' });
  });

  it('marks the decision as read, so that the sweep nudges only for those that are not', async () => {
    const [read, unread] = [await ask(), await ask({ digest: 'digest-2' })];
    await ask({ digest: 'digest-3' });
    await decide(read);
    await decide(unread, { digest: 'digest-2' });
    const { reason } = await approvals().outcome(read);
    expect(reason).toBeNull();
    const soon = new Date(Date.now() + 1_000);
    expect(await approvals().unsettledDecisions(soon)).toMatchObject([{ id: unread, workflowId: made.okrRunId }]);
    expect(await approvals().unsettledDecisions(new Date(Date.now() - 60_000))).toEqual([]);
  });
});

describe('where the policy wants two people', () => {
  beforeEach(() =>
    held.database.agent.updateMany({
      where: { workspaceId: made.workspaceId },
      data: { policy: { mode: 'full', rules: [], hosts: [], notByRequester: true } },
    }),
  );

  it('who submitted the goal says yes to nothing that its run asks, and may say no', async () => {
    const id = await ask();
    await expect(decide(id)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await approvals().pending()).toMatchObject([{ id, state: 'pending' }]);
    expect(await decide(id, { state: 'denied' })).toMatchObject({ state: 'denied' });
  });

  it('anybody else may say yes', async () => {
    expect(await decide(await ask(), { decidedBy: 'usr_somebody_else' })).toMatchObject({ state: 'approved' });
  });

  it('a goal that asks nobody is refused, and one that asks is taken', async () => {
    const { workspaceId, principalId, repositoryId } = made;
    const goal: Goal = {
      ...{ repositoryId, goal: 'Do it', agent: 'default', approvalMode: 'auto', budgetMicros: null },
      ...{ maxParallelTasks: 1, clientRequestId: 'second-person' },
    };
    const submit = (of: Goal) => submitGoal(held.database, { workspaceId, principalId }, of);
    await expect(submit(goal)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await submit({ ...goal, approvalMode: 'required' })).toMatchObject({ state: 'drafting' });
  });
});
