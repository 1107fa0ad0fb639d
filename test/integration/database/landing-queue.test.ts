import { createChangeRequestRepository, createLandingQueueRepository, newId, repositoriesFor } from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase({ poolSize: 24 });
let made: MadeOkrRun;
beforeEach(async () => {
  made = await makeOkrRun(held.database);
});

const queueOf = ({ workspaceId }: MadeOkrRun) => createLandingQueueRepository(held.database, workspaceId);
const changesOf = ({ workspaceId }: MadeOkrRun) => createChangeRequestRepository(held.database, workspaceId);
const rowsOf = ({ workspaceId }: MadeOkrRun) =>
  held.database.landingTurn.findMany({ where: { workspaceId }, orderBy: { position: 'asc' } });

let attempts = 1;

/** Published change requests of one run, on one branch of its repository unless told otherwise. */
async function published(
  run: MadeOkrRun,
  count: number,
  over: { targetBranch?: string; repositoryId?: string } = {},
): Promise<string[]> {
  const { workspaceId, okrRunId, repositoryId, taskId } = run;
  const ids = Array.from({ length: count }, () => newId('cr'));
  await held.database.changeRequest.createMany({
    data: ids.map((id) => ({
      ...{ id, workspaceId, okrRunId, repositoryId, taskId, attempt: (attempts += 1), kind: 'local', state: 'open' },
      ...{ branch: id, targetBranch: 'main', title: id, body: '', baseCommit: 'a', headCommit: 'b' },
      ...{ createdAt: new Date(), ...over },
    })),
  });
  return ids;
}

describe('the queue for landing', () => {
  it('gives the turn to the first, and tells each other one who is in front and how many', async () => {
    const [a, b, c] = (await published(made, 3)) as [string, string, string];
    const queue = queueOf(made);
    expect(await queue.take(a)).toEqual({ turn: true });
    expect(await queue.take(b)).toEqual({ turn: false, behind: a, ahead: 1, targetBranch: 'main' });
    expect(await queue.take(c)).toEqual({ turn: false, behind: b, ahead: 2, targetBranch: 'main' });
  });

  it('is joined once, however often one asks', async () => {
    const [a, b] = (await published(made, 2)) as [string, string];
    const queue = queueOf(made);
    for (let times = 0; times < 3; times += 1) expect(await queue.take(a)).toEqual({ turn: true });
    for (let times = 0; times < 3; times += 1)
      expect(await queue.take(b)).toMatchObject({ turn: false, behind: a, ahead: 1 });
    expect((await rowsOf(made)).map(({ changeRequestId, position }) => [changeRequestId, position])).toEqual([
      [a, 1],
      [b, 2],
    ]);
  });

  it('has exactly one at its head when twenty come at once, and lets them go in the order in which they joined', async () => {
    const ids = await published(made, 20);
    const queue = queueOf(made);
    const places = await Promise.all(ids.map((id) => queue.take(id)));
    expect(places.filter(({ turn }) => turn)).toHaveLength(1);
    // No two were told the same number, and each had seen everybody who was in front of it.
    const told = places.map((place) => (place.turn ? 0 : place.ahead));
    expect(told.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, place) => place));
    const joined = (await rowsOf(made)).map(({ changeRequestId }) => changeRequestId);
    expect(joined.map((id) => told[ids.indexOf(id)])).toEqual(told.toSorted((a, b) => a - b));

    const landed: string[] = [];
    for (let holder: string | null = joined[0] ?? null; holder !== null;) {
      landed.push(holder);
      const { next }: { next: string | null } = await queue.leave(holder);
      const asked = await Promise.all(
        ids.filter((id) => !landed.includes(id)).map(async (id) => [id, await queue.take(id)]),
      );
      const holders = asked.filter(([, place]) => (place as { turn: boolean }).turn).map(([id]) => id);
      expect(holders).toEqual(next === null ? [] : [next]);
      holder = next;
    }
    expect(landed).toEqual(joined);
    expect(await rowsOf(made)).toEqual([]);
  });

  it('never has two at its head while some join and others leave', async () => {
    const ids = await published(made, 20);
    const queue = queueOf(made);
    let holders = 0;
    let most = 0;
    const land = async (id: string): Promise<void> => {
      while (!(await queue.take(id)).turn) await new Promise((resolve) => setTimeout(resolve, 5));
      holders += 1;
      most = Math.max(most, holders);
      await new Promise((resolve) => setTimeout(resolve, 5));
      holders -= 1;
      await queue.leave(id);
    };
    await Promise.all(ids.map(land));
    expect(most).toBe(1);
  });

  it('loses nobody who joins while the one in front leaves: it is told, or sees for itself', async () => {
    for (let times = 0; times < 20; times += 1) {
      const [a, b] = (await published(made, 2)) as [string, string];
      const queue = queueOf(made);
      await queue.take(a);
      const [{ next }, place] = await Promise.all([queue.leave(a), queue.take(b)]);
      expect([next === b, place.turn].filter(Boolean)).toHaveLength(1);
      await queue.leave(b);
    }
  });

  it('does not name one that has taken its turn already', async () => {
    const [a, b, c] = (await published(made, 3)) as [string, string, string];
    const queue = queueOf(made);
    for (const id of [a, b, c]) await queue.take(id);
    expect(await queue.leave(b)).toEqual({ next: null });
    expect(await queue.take(c)).toMatchObject({ behind: a, ahead: 1 });
    expect(await queue.leave(a)).toEqual({ next: c });
    // A retry after a crash before the nudge names it again.
    expect(await queue.leave(a)).toEqual({ next: c });
    await queue.take(c);
    expect(await queue.leave(a)).toEqual({ next: null });
  });

  it('puts one that comes again behind everybody', async () => {
    const [a, b] = (await published(made, 2)) as [string, string];
    const queue = queueOf(made);
    for (const id of [a, b]) await queue.take(id);
    await queue.leave(a);
    expect(await queue.take(a)).toMatchObject({ turn: false, behind: b });
  });

  it('keeps one that has come again since the place that is given up was taken', async () => {
    const [a] = (await published(made, 1)) as [string];
    const queue = queueOf(made);
    await queue.take(a);
    await queue.leave(a, new Date(0));
    expect(await rowsOf(made)).toMatchObject([{ changeRequestId: a }]);
    const [row] = await rowsOf(made);
    await queue.leave(a, row!.queuedAt);
    expect(await rowsOf(made)).toEqual([]);
  });

  it.each(['closed', 'merged'] as const)('does not wait for one that is %s, though it never left', async (state) => {
    const [a, b, c] = (await published(made, 3)) as [string, string, string];
    const queue = queueOf(made);
    for (const id of [a, b, c]) await queue.take(id);
    await changesOf(made).move(a, state);
    expect(await queue.take(c)).toMatchObject({ behind: b, ahead: 1 });
    expect(await queue.take(b)).toEqual({ turn: true });
  });

  it('lets one that has ended find that out by itself, and makes nobody wait for it', async () => {
    const [a, b] = (await published(made, 2)) as [string, string];
    const queue = queueOf(made);
    await changesOf(made).move(a, 'closed');
    expect(await queue.take(a)).toEqual({ turn: true });
    expect(await queue.take(b)).toEqual({ turn: true });
  });

  it('is one for each branch of each repository', async () => {
    const [a] = (await published(made, 1)) as [string];
    const [b] = (await published(made, 1, { targetBranch: 'next' })) as [string];
    const { repositories } = repositoriesFor(held.database, made.workspaceId);
    const elsewhere = await repositories.add(
      {
        ...{ name: 'other', location: '/srv/other', forge: 'local', defaultBranch: 'main', gateSource: 'declared' },
        ...{ setupCommands: [], gates: [] },
      },
      { addedBy: made.principalId },
    );
    const [c] = (await published(made, 1, { repositoryId: elsewhere.id })) as [string];
    for (const id of [a, b, c]) expect(await queueOf(made).take(id)).toEqual({ turn: true });
    expect(await queueOf(made).leave(a)).toEqual({ next: null });
  });

  it('of another workspace is never seen', async () => {
    const theirs = await makeOkrRun(held.database);
    const [mine] = (await published(made, 1)) as [string];
    // The same repository and branch by name: only the workspace tells them apart.
    const [other] = (await published(theirs, 1, { repositoryId: made.repositoryId })) as [string];
    expect(await queueOf(theirs).take(other)).toEqual({ turn: true });
    expect(await queueOf(made).take(mine)).toEqual({ turn: true });
    for (const ask of ['take', 'leave'] as const)
      await expect(queueOf(made)[ask](other)).rejects.toMatchObject({ code: 'not_found' });
    expect(await rowsOf(theirs)).toHaveLength(1);
    expect(await queueOf(made).leave(mine)).toEqual({ next: null });
  });
});
