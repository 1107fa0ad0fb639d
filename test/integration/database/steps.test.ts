import { BlobCache, createStepRepository, repositoriesFor, type StepStart } from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase({ poolSize: 20 });
const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1, estimated: false };
const noSuchRow = { code: 'not_found' };
let made: MadeOkrRun;

beforeEach(async () => {
  made = await makeOkrRun(held.database);
  await budgets().ensure({ scope: 'okr_run', subjectId: made.okrRunId, limitMicros: 1_000 });
});

const budgets = () => repositoriesFor(held.database, made.workspaceId).budgets;
const blobs = () => repositoriesFor(held.database, made.workspaceId).blobs;
const steps = (workspaceId: string = made.workspaceId) => createStepRepository(held.database, workspaceId);
const amounts = async () => {
  const { spentMicros, heldMicros } = await budgets().get(made.okrRunId);
  return { spent: spentMicros, held: heldMicros };
};
const events = async () =>
  (await repositoriesFor(held.database, made.workspaceId).events.after(0n))
    .filter(({ type }) => type.startsWith('step.'))
    .map(({ type, subjectId, data }) => ({ type, subjectId, state: data['state'] }));

function step(index = 0, more: Partial<StepStart> = {}): StepStart {
  const { agentRunId, okrRunId, taskId } = made;
  return { agentRunId, okrRunId, taskId, index, kind: 'model', name: 'm', ...more };
}

const holdFor = (index: number, micros = 100) => ({ subjectIds: [made.okrRunId], key: `run:${index}`, micros });
const answer = { text: '{"blocks":[]}', mediaType: 'application/json' } as const;
const costOf = (index: number, costMicros = 40) => ({ model: 'm', usage, costMicros, reservationKey: `run:${index}` });

async function startPaid(index = 0): Promise<string> {
  const started = await steps().startPaid(step(index), holdFor(index));
  if (!started.held) throw new Error('no room');
  return started.id;
}

describe('a paid step', () => {
  it('begins with its money held, and ends with answer, cost and event at once', async () => {
    const id = await startPaid();
    expect(await amounts()).toEqual({ spent: 0, held: 100 });
    await steps().end({ ...step(), id }, { state: 'succeeded', output: answer, cost: costOf(0) });
    expect(await amounts()).toEqual({ spent: 40, held: 0 });
    const row = await steps().find(made.agentRunId, 0);
    expect(row).toMatchObject({ id, state: 'succeeded', attempt: 1, costMicros: 40n, usage });
    expect(await blobs().get(row!.outputDigest!)).toBe(answer.text);
    expect(await held.database.costEntry.findFirst({ where: { stepId: id } })).toMatchObject({
      ...{ workspaceId: made.workspaceId, okrRunId: made.okrRunId, agentRunId: made.agentRunId, taskId: made.taskId },
      ...{ model: 'm', inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1, costMicros: 40n },
    });
    expect(await held.database.agentRun.findFirst({ where: { id: made.agentRunId } })).toMatchObject({
      ...{ inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1, costMicros: 40n },
    });
    expect(await events()).toEqual([
      { type: 'step.started', subjectId: id, state: 'started' },
      { type: 'step.ended', subjectId: id, state: 'succeeded' },
    ]);
  });

  it('that the budget has no room for does not begin', async () => {
    const refused = await steps().startPaid(step(), holdFor(0, 1_001));
    expect(refused).toMatchObject({ held: false, subjectId: made.okrRunId, limitMicros: 1_000 });
    expect(await steps().find(made.agentRunId, 0)).toBeNull();
    expect(await events()).toEqual([]);
  });

  it('begun again after a crash holds once, has the next attempt number and knows that one was lost', async () => {
    const id = await startPaid();
    const again = { held: true, lost: true, id, attempt: 2, state: 'started' };
    expect(await steps().startPaid(step(), holdFor(0))).toEqual(again);
    expect(await amounts()).toEqual({ spent: 0, held: 100 });
    expect(await events()).toHaveLength(1);
  });

  it('begun again after a refusal that gave its money back has lost nothing', async () => {
    const id = await startPaid();
    await budgets().release({ key: 'run:0' });
    const again = { held: true, lost: false, id, attempt: 2, state: 'started' };
    expect(await steps().startPaid(step(), holdFor(0))).toEqual(again);
  });

  it('may cost more than the call that brought its answer, each call once', async () => {
    const id = await startPaid();
    const broken = { model: 'm', usage: { ...usage, estimated: true }, costMicros: 70 };
    const book = () => steps().addCost({ ...step(), id }, broken, { key: 'run:0:1', subjectIds: [made.okrRunId] });
    await Promise.all([book(), book()]);
    await steps().end({ ...step(), id }, { state: 'succeeded', output: answer, cost: costOf(0) });
    expect(await amounts()).toEqual({ spent: 110, held: 0 });
    const entries = await held.database.costEntry.findMany({ where: { stepId: id }, orderBy: { costMicros: 'asc' } });
    expect(entries.map(({ costMicros, estimated }) => [costMicros, estimated])).toEqual([
      [40n, false],
      [70n, true],
    ]);
  });

  it('is paid for once, however often it is ended', async () => {
    const id = await startPaid();
    const end = () => steps().end({ ...step(), id }, { state: 'succeeded', output: answer, cost: costOf(0) });
    await Promise.all([end(), end(), end()]);
    expect(await amounts()).toEqual({ spent: 40, held: 0 });
    expect(await events()).toHaveLength(2);
    await expect(steps().startPaid(step(), holdFor(0))).rejects.toMatchObject({ code: 'lock_contention' });
  });

  it('for which nothing was reserved is undone as a whole', async () => {
    const { id } = await steps().start(step());
    const end = steps().end({ ...step(), id }, { state: 'succeeded', output: answer, cost: costOf(9) });
    await expect(end).rejects.toThrow();
    expect(await steps().find(made.agentRunId, 0)).toMatchObject({ state: 'started', outputDigest: null });
    expect(await held.database.costEntry.count({ where: { stepId: id } })).toBe(0);
  });

  it('of many at once never deadlocks and loses no cost', async () => {
    await budgets().setLimit({ subjectId: made.okrRunId, limitMicros: null, setBy: made.workspaceId });
    const turns = Array.from({ length: 40 }, async (_, index) => {
      const id = await startPaid(index);
      await steps().end({ ...step(index), id }, { state: 'succeeded', output: answer, cost: costOf(index) });
    });
    await Promise.all(turns);
    expect(await amounts()).toEqual({ spent: 1_600, held: 0 });
    expect(await events()).toHaveLength(80);
  });
});

describe('a step', () => {
  it('that was claimed tells whoever claims it again', async () => {
    const tool = step(1, { kind: 'tool', name: 'bash', callId: 'call_1' });
    const { id } = await steps().start(tool);
    expect(await steps().start(tool)).toEqual({ id, attempt: 2, state: 'started' });
    await steps().end({ ...tool, id }, { state: 'unknown', output: { text: 'who knows', mediaType: 'text/plain' } });
    expect(await steps().start(tool)).toEqual({ id, attempt: 2, state: 'unknown' });
  });

  it('cannot end in two ways', async () => {
    const { id } = await steps().start(step());
    await steps().end({ ...step(), id }, { state: 'failed', failure: { code: 'timeout', message: 'late' } });
    expect(await steps().end({ ...step(), id }, { state: 'succeeded', output: answer })).toBe(false);
    expect(await steps().find(made.agentRunId, 0)).toMatchObject({
      state: 'failed',
      failure: { code: 'timeout', message: 'late' },
    });
  });

  it('is recorded once for each place in the run, with its output and its checkpoint', async () => {
    const tool = step(2, { kind: 'tool', name: 'write', callId: 'call_1' });
    const startedAt = new Date('2026-01-02T03:04:05.678Z');
    const output = { text: 'Wrote\0it \ud800', mediaType: 'text/plain' } as const;
    await steps().record({ ...tool, startedAt }, { state: 'succeeded', output, checkpoint: 'abc' });
    await steps().record(tool, { state: 'failed', output: { text: 'other', mediaType: 'text/plain' } });
    const row = await steps().find(made.agentRunId, 2);
    expect(row).toMatchObject({ state: 'succeeded', checkpoint: 'abc', callId: 'call_1', startedAt });
    expect(await blobs().get(row!.outputDigest!)).toBe(output.text);
    expect(await events()).toEqual([{ type: 'step.ended', subjectId: row!.id, state: 'succeeded' }]);
  });

  it('may have a name that the database cannot hold as it is', async () => {
    const { id } = await steps().start(step(0, { name: 'a\0b' }));
    expect(await steps().find(made.agentRunId, 0)).toMatchObject({ id, name: 'a\uFFFDb' });
  });

  it('of another workspace can be neither ended nor found', async () => {
    const { id } = await steps().start(step());
    const other = await makeOkrRun(held.database);
    const theirs = steps(other.workspaceId);
    await expect(theirs.end({ ...step(), id }, { state: 'succeeded' })).rejects.toMatchObject(noSuchRow);
    expect(await theirs.find(made.agentRunId, 0)).toBeNull();
    expect(await steps().find(made.agentRunId, 0)).toMatchObject({ state: 'started', attempt: 1 });
  });
});

describe('the blob cache', () => {
  it('answers for what was written or read before, and never for another workspace', async () => {
    const cache = new BlobCache(1_000);
    const cached = createStepRepository(held.database, made.workspaceId, cache);
    await cached.record(step(), { state: 'succeeded', output: answer });
    const { outputDigest } = (await steps().find(made.agentRunId, 0))!;
    await held.database.blob.deleteMany({ where: { workspaceId: made.workspaceId } });
    const { blobs: ours } = repositoriesFor(held.database, made.workspaceId, cache);
    expect(await ours.get(outputDigest!)).toBe(answer.text);
    const other = await makeOkrRun(held.database);
    const { blobs: theirs } = repositoriesFor(held.database, other.workspaceId, cache);
    await expect(theirs.get(outputDigest!)).rejects.toMatchObject(noSuchRow);
  });
});
