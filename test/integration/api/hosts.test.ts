import { silentAfterMs } from '@fermata/contracts';
import { createHostRepository, type Database } from '@fermata/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { makeHost } from '../../support/host.js';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let api: RunningApi;
let made: MadeOkrRun;
let token: string;
beforeAll(async () => {
  api = await startApi({ databaseUrl: held.url });
  made = await makeOkrRun(held.database);
  token = await tokenOf(held.database, made, 'viewer');
  await allAtWork(held.database);
});
afterAll(() => api.stop());
beforeEach(async () => {
  await held.database.host.deleteMany();
  await makeHost(held.database, 'mine');
  await makeHost(held.database, 'other');
});

async function allAtWork(database: Database): Promise<void> {
  const waitingOn = { kind: 'work', since: new Date().toISOString(), detail: 'At it.', releasableBy: ['fermata'] };
  const where = { workspaceId: made.workspaceId };
  await database.okrRun.updateMany({ where, data: { state: 'running', waitingOn } });
  await database.task.updateMany({ where, data: { state: 'doing', host: 'mine', waitingOn } });
  await database.agentRun.updateMany({ where, data: { state: 'running', host: 'mine', waitingOn } });
  await database.changeRequest.updateMany({ where, data: { waitingOn } });
}

/** As if it hung: its last sign of life is from before. */
async function silence(...ids: string[]): Promise<void> {
  const lastSeenAt = new Date(Date.now() - silentAfterMs - 1_000);
  await held.database.host.updateMany({ where: { id: { in: ids } }, data: { lastSeenAt } });
}

const query = `query ($id: ID!) {
  status { hosts { id name alive stoppedAt } waiting { type kind } }
  okrRun(id: $id) {
    waitingOn { kind detail }
    tasks { waitingOn { kind detail } agentRuns { waitingOn { kind } } changeRequest { waitingOn { kind } } }
  }
}`;

interface Kinds {
  run: string;
  task: string;
  agentRun: string;
  changeRequest: string;
  counts: string[];
}

async function kinds(): Promise<Kinds> {
  const answer = await ask(api, query, { token, variables: { id: made.okrRunId } });
  const waiting = pick<{ kind: string }[]>(answer, 'status.waiting');
  return {
    run: pick(answer, 'okrRun.waitingOn.kind'),
    task: pick(answer, 'okrRun.tasks.0.waitingOn.kind'),
    agentRun: pick(answer, 'okrRun.tasks.0.agentRuns.0.waitingOn.kind'),
    changeRequest: pick(answer, 'okrRun.tasks.0.changeRequest.waitingOn.kind'),
    counts: [...new Set(waiting.map(({ kind }) => kind))],
  };
}

describe('what is at work', () => {
  it('is believed while its worker is heard of', async () => {
    expect(await kinds()).toEqual({
      ...{ run: 'work', task: 'work', agentRun: 'work', changeRequest: 'work' },
      counts: ['work'],
    });
  });

  it('waits for its worker when that one is silent, and the run goes on with the others', async () => {
    await silence('mine');
    expect(await kinds()).toEqual({
      ...{ run: 'work', task: 'worker', agentRun: 'worker', changeRequest: 'worker' },
      counts: ['work'],
    });
  });

  it('waits for a worker when nobody is heard of, and again is at work when somebody is', async () => {
    await silence('mine', 'other');
    const lost = { run: 'worker', task: 'worker', agentRun: 'worker', changeRequest: 'worker', counts: ['worker'] };
    expect(await kinds()).toEqual(lost);
    await makeHost(held.database, 'mine');
    expect(await kinds()).toMatchObject({ run: 'work', task: 'work' });
  });
});

describe('the status', () => {
  const hosts = async () =>
    pick<{ id: string; alive: boolean; stoppedAt: string | null }[]>(
      await ask(api, query, { token, variables: { id: made.okrRunId } }),
      'status.hosts',
    );

  it('tells the silent and the stopped from the living', async () => {
    await silence('mine');
    await createHostRepository(held.database).stopped({ id: 'other' });
    await makeHost(held.database, 'third');
    const shown = Object.fromEntries(
      (await hosts()).map(({ id, alive, stoppedAt }) => [id, [alive, stoppedAt !== null]]),
    );
    expect(shown).toEqual({ mine: [false, false], other: [false, true], third: [true, false] });
  });

  it('forgets who was silent for a week, and that a worker was stopped when it comes back', async () => {
    await held.database.host.update({
      where: { id: 'mine' },
      data: { lastSeenAt: new Date(Date.now() - 8 * 86_400_000) },
    });
    await createHostRepository(held.database).stopped({ id: 'other' });
    await makeHost(held.database, 'other');
    expect(await hosts()).toMatchObject([{ id: 'other', alive: true, stoppedAt: null }]);
  });
});
