import { repositoriesFor } from '@fermata/database';
import { beforeAll, describe, expect, it } from 'vitest';
import { approvalRequest, type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let mine: MadeOkrRun;
let theirs: MadeOkrRun;
let asked: string;
let digest: string;
beforeAll(async () => {
  [mine, theirs] = [await makeOkrRun(held.database), await makeOkrRun(held.database)];
  const { approvals, blobs, budgets, effects } = repositoriesFor(held.database, theirs.workspaceId);
  asked = await approvals.findOrCreate(approvalRequest(theirs), { requestedBy: 'fermata' });
  digest = await blobs.put('secret', 'text/plain');
  await budgets.ensure({ scope: 'okr_run', subjectId: theirs.okrRunId, limitMicros: 100 });
  await budgets.reserve({ subjectIds: [theirs.okrRunId], key: 'k:1', micros: 10 });
  await effects.intend({ kind: 'push', key: 'e', subjectId: theirs.taskId, intent: {} });
});

const of = (made: MadeOkrRun) => repositoriesFor(held.database, made.workspaceId);
const notFound = { code: 'not_found' };

describe('another workspace', () => {
  it('sees and decides no approval', async () => {
    const { approvals } = of(mine);
    const decision = { approvalId: asked, digest: 'digest-1', state: 'approved' as const, decidedBy: mine.principalId };
    await expect(approvals.get(asked)).rejects.toMatchObject(notFound);
    await expect(approvals.decide(decision)).rejects.toMatchObject(notFound);
    await expect(approvals.expire(asked)).rejects.toMatchObject(notFound);
    await expect(approvals.outcome(asked)).rejects.toMatchObject(notFound);
    await expect(
      approvals.findOrCreate(approvalRequest(theirs), { requestedBy: mine.principalId }),
    ).rejects.toMatchObject(notFound);
    await approvals.voidOpen(theirs.okrRunId);
    expect(await approvals.pending()).toEqual([]);
    expect(await of(theirs).approvals.pending()).toHaveLength(1);
  });

  it('reads no blob', async () => {
    await expect(of(mine).blobs.get(digest)).rejects.toMatchObject(notFound);
  });

  it('sees, spends and frees no money', async () => {
    const { budgets } = of(mine);
    const subjectId = theirs.okrRunId;
    await expect(budgets.get(subjectId)).rejects.toMatchObject(notFound);
    await expect(budgets.ensure({ scope: 'okr_run', subjectId, limitMicros: 1 })).rejects.toMatchObject(notFound);
    await expect(budgets.reserve({ subjectIds: [subjectId], key: 'x', micros: 1 })).rejects.toMatchObject(notFound);
    await expect(budgets.settle({ key: 'k:1', micros: 1 })).rejects.toMatchObject(notFound);
    const order = { subjectId, limitMicros: 5, setBy: mine.principalId };
    await expect(budgets.setLimit(order)).rejects.toMatchObject(notFound);
    await budgets.release({ key: 'k:1' });
    await budgets.releaseAll('k:');
    expect(await of(theirs).budgets.get(subjectId)).toMatchObject({ limitMicros: 100, heldMicros: 10 });
  });

  it('has effects of its own under the same keys', async () => {
    const { effects } = of(mine);
    await expect(effects.settle('e', {})).rejects.toMatchObject(notFound);
    await expect(effects.abandon('e', '')).rejects.toMatchObject(notFound);
    expect(await effects.openOf(theirs.taskId)).toEqual([]);
    const own = await effects.intend({ kind: 'push', key: 'e', subjectId: mine.taskId, intent: {} });
    expect(own).toMatchObject({ isNew: true, attempts: 1 });
  });

  it('hears of nothing that happens', async () => {
    const [own, other] = [await of(mine).events.after(0n), await of(theirs).events.after(0n)];
    const subjects = own.map(({ subjectId }) => subjectId);
    expect(other.map(({ subjectId }) => subjectId)).toContain(asked);
    expect(subjects).not.toContain(asked);
    expect(await of(mine).events.latestCursor()).toBe(BigInt(own.length));
    expect(await of(mine).events.after(0n, { okrRunId: theirs.okrRunId })).toEqual([]);
  });

  it('has repositories and agents of its own under the same names', async () => {
    await expect(of(mine).repositories.get(theirs.repositoryId)).rejects.toMatchObject(notFound);
    await expect(of(mine).agents.get(theirs.agentId)).rejects.toMatchObject(notFound);
    expect((await of(mine).repositories.list()).map(({ id }) => id)).toEqual([mine.repositoryId]);
    expect((await of(mine).agents.list()).map(({ id }) => id)).toEqual([mine.agentId]);
    expect((await of(mine).agents.getByName('default')).id).toBe(mine.agentId);
  });
});
