import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase } from '@fermata/database';
import { Client, Connection } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { addRepository, type Run, runEnd, runWhere, submitGoal } from '../support/goals.js';
import { approves, Barrier, finishes, planOf, useModel, writes } from '../support/model.js';
import { landedOn, makeRepository } from '../support/small-repository.js';
import { until } from '../support/until.js';

const model = useModel();
const fermata = useFermata(() => model.environment());

/** Plans tasks of these titles for the repository; each is held before its review is answered, which is right before it lands. */
function plan(repository: string, titles: readonly string[]): Barrier[] {
  model.plans(repository, [planOf(Object.fromEntries(titles.map((title) => [title.replaceAll(' ', '-'), { title }])))]);
  return titles.map((title) => {
    const reviewed = new Barrier();
    model.works(title, [writes(`${title}.txt`, title), finishes()]);
    model.reviews(title, [reviewed.before(approves)]);
    return reviewed;
  });
}

const landingGates = ({ tasks }: Run) => tasks.flatMap(({ gates }) => gates.filter(({ phase }) => phase === 'landing'));
const waitsForTurn = ({ tasks }: Run) => tasks.filter(({ waitingOn }) => waitingOn?.kind === 'slot');

async function turnsLeft(): Promise<number> {
  const database = createDatabase({ url: fermata.held.at.databaseUrl, poolSize: 1 });
  return database.landingTurn.count().finally(() => database.close());
}

describe('six tasks that land on one branch at once', () => {
  it('cost six rounds of gates, say that they wait for their turn, and are all on the branch', async () => {
    const titles = ['one', 'two', 'three', 'four', 'five', 'six'].map((number) => `queue ${number}`);
    const location = await makeRepository(join(fermata.folder, 'queue'));
    const held = join(fermata.witnesses, 'first-held');
    const reviews = plan('queue', titles);
    const repositoryId = await addRepository(fermata.held, location, {
      gates: [{ name: 'check', command: `while [ -e '${held}' ]; do sleep 0.1; done; test -e README.md` }],
    });
    const id = await submitGoal(fermata.held, repositoryId, { maxParallelTasks: titles.length });
    await Promise.all(reviews.map(({ arrived }) => arrived));
    await writeFile(held, '');
    for (const review of reviews) review.lift();

    const queued = await runWhere(fermata.held, id, { what: 'queued', is: (run) => waitsForTurn(run).length === 5 });
    expect(
      waitsForTurn(queued)
        .map(({ waitingOn }) => waitingOn!.detail)
        .toSorted(),
    ).toEqual([1, 2, 3, 4, 5].map((ahead) => `Waits for its turn to land on main; ${ahead} before it.`));
    const changes = queued.tasks.map(({ changeRequest }) => changeRequest?.id);
    for (const { waitingOn } of waitsForTurn(queued)) expect(changes).toContain(waitingOn!.subjectId);
    expect(queued.waitingOn).toMatchObject({ kind: 'work' });

    await rm(held);
    const run = await runEnd(fermata.held, id);
    expect(run).toMatchObject({ state: 'completed', waitingOn: null });
    expect(landingGates(run).map(({ state }) => state)).toEqual(titles.map(() => 'passed'));
    expect((await landedOn(location)).flatMap(({ tasks }) => tasks).toSorted()).toEqual(
      run.tasks.map(({ id: taskId }) => taskId).toSorted(),
    );
    expect(await turnsLeft()).toBe(0);
  });
});

describe('a run of which every workflow was terminated while it had the turn', () => {
  it('holds another run up only until the sweep has seen it', async () => {
    const location = await makeRepository(join(fermata.folder, 'dead'));
    const [held, witness] = ['held', 'witness'].map((name) => join(fermata.witnesses, name)) as [string, string];
    const repositoryId = await addRepository(fermata.held, location, {
      gates: [{ name: 'check', command: `if [ -e '${held}' ]; then echo > '${witness}'; sleep 300; fi` }],
    });
    const begin = async (title: string) => {
      const [review] = plan('dead', [title]);
      const id = await submitGoal(fermata.held, repositoryId);
      await review!.arrived;
      return { id, review: review! };
    };
    const dead = await begin('dead one');
    const alive = await begin('alive one');
    await writeFile(held, '');
    dead.review.lift();
    await until('the gate to hang', () => stat(witness).catch(() => undefined));
    await rm(held);
    alive.review.lift();
    await runWhere(fermata.held, alive.id, { what: 'queued', is: (run) => waitsForTurn(run).length === 1 });
    await terminateAll(await runWhere(fermata.held, dead.id, { what: 'there', is: () => true }));

    expect(await runEnd(fermata.held, alive.id)).toMatchObject({ state: 'completed' });
    expect(await landedOn(location)).toHaveLength(1);
    expect(await turnsLeft()).toBe(0);
  });
});

/** From the top, so quickly that nobody below has ended in good order. */
async function terminateAll({ id, tasks }: Run): Promise<void> {
  const { temporalAddress, temporalNamespace } = fermata.held.at;
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection, namespace: temporalNamespace });
  const [task] = tasks;
  for (const workflowId of [id, `${task!.id}-1`, task!.changeRequest!.id])
    await client.workflow.getHandle(workflowId).terminate('by hand');
  await connection.close();
}
