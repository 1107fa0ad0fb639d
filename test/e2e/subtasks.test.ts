import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { addRepository, ask, order, readRun, runEnd, submitGoal } from '../support/goals.js';
import { Barrier, call, finishes, planOf, spawns, type Turn, useModel, writes } from '../support/model.js';
import { landedOn, makeRepository } from '../support/small-repository.js';
import { until } from '../support/until.js';

const model = useModel();
const fermata = useFermata(() => model.environment());

interface SeenRun {
  id: string;
  kind: string;
  state: string;
  title: string | null;
  depth: number;
  result: unknown;
  parent: { id: string } | null;
  budget: { limitMicros: number | null; spentMicros: number } | null;
  cost: { micros: number };
  waitingOn: { kind: string; subjectId: string | null } | null;
  children: { id: string }[];
}

const fields =
  'id kind state title depth result parent { id } budget { limitMicros spentMicros } cost { micros } waitingOn { kind subjectId } children { id }';
const readOne = `query ($id: ID!) { agentRun(id: $id) { ${fields} } }`;
const readAll = `query ($filter: AgentRunFilterInput) { agentRuns(first: 50, filter: $filter) { nodes { ${fields} } } }`;

/** All agent runs, subtasks too, oldest first. */
async function runsOf(okrRunId: string): Promise<SeenRun[]> {
  const { agentRuns } = await ask<{ agentRuns: { nodes: SeenRun[] } }>(fermata.held, readAll, { filter: { okrRunId } });
  return agentRuns.nodes.toReversed();
}

const oneRun = async (id: string) => (await ask<{ agentRun: SeenRun }>(fermata.held, readOne, { id })).agentRun;

/** A goal whose one task has a part of it done by a subtask, which says it in its own turns. */
async function give(name: string, parts: { asks: Turn; part: readonly Turn[]; after?: readonly Turn[] }) {
  const location = await makeRepository(join(fermata.folder, name));
  model.plans(name, [planOf({ one: { title: `${name} one` } })]);
  model.works(`${name} one`, [parts.asks, ...(parts.after ?? []), finishes()]);
  model.subtasks(`${name} part`, parts.part);
  const repositoryId = await addRepository(fermata.held, location, {
    gates: [{ name: 'made', command: 'test -e part.txt' }],
  });
  return { location, id: await submitGoal(fermata.held, repositoryId, { budgetMicros: 5_000_000 }) };
}

async function subtaskAtWork(okrRunId: string): Promise<SeenRun> {
  return until('a subtask at work', async () =>
    (await runsOf(okrRunId)).find(({ kind, state }) => kind === 'subtask' && state === 'running'),
  );
}

describe('a subtask', () => {
  it('writes in the worktree of its parent, hands in what it was asked for, and the change is merged', async () => {
    const told: string[] = [];
    const resultSchema = { type: 'object', properties: { lines: { type: 'integer' } }, required: ['lines'] };
    const { id, location } = await give('parted', {
      asks: spawns('parted part', { resultSchema, budgetPercent: 10 }),
      part: [
        writes('part.txt', 'part\n'),
        call('finish', { summary: 'Wrote it.', data: { lines: 'one' } }),
        call('finish', { summary: 'Wrote it.', data: { lines: 1 } }),
      ],
      after: [
        ({ lastToolResultText }) => {
          told.push(lastToolResultText);
          return call('read', { path: 'part.txt' });
        },
      ],
    });
    const run = await runEnd(fermata.held, id);
    expect(run).toMatchObject({ state: 'completed', budget: { heldMicros: 0 } });
    expect(await landedOn(location)).toHaveLength(1);
    const runs = await runsOf(id);
    const work = runs.find(({ kind }) => kind === 'work')!;
    const child = runs.find(({ kind }) => kind === 'subtask')!;
    expect(child).toMatchObject({
      ...{ state: 'succeeded', title: 'parted part', depth: 1, parent: { id: work.id } },
      result: { summary: 'Wrote it.', data: { lines: 1 } },
    });
    expect(child.budget?.limitMicros).toBeGreaterThan(400_000);
    expect(child.budget?.limitMicros).toBeLessThanOrEqual(500_000);
    expect(work.children).toEqual([{ id: child.id }]);
    expect(JSON.parse(told[0] ?? '')).toMatchObject({ subtask: child.id, summary: 'Wrote it.', data: { lines: 1 } });
    // Each cost counts once, and what was tried for the task has no subtask in it.
    expect(run.cost.micros).toBe(runs.reduce((sum, { cost }) => sum + cost.micros, 0));
    expect(run.tasks.flatMap(({ agentRuns }) => agentRuns.map(({ kind }) => kind))).not.toContain('subtask');
  });

  it('goes on after a kill -9 of the worker, and there is one of it', async () => {
    const at = new Barrier();
    const told: string[] = [];
    const { id, location } = await give('killed', {
      asks: spawns('killed part'),
      part: [writes('part.txt', 'part\n'), at.before(finishes('Wrote it.'))],
      after: [
        ({ lastToolResultText }) => {
          told.push(lastToolResultText);
          return call('read', { path: 'part.txt' });
        },
      ],
    });
    await at.arrived;
    const child = await subtaskAtWork(id);
    expect((await oneRun(child.parent?.id ?? '')).waitingOn).toEqual({ kind: 'dependency', subjectId: child.id });

    await fermata.held.kill('worker');
    at.lift();

    expect(await runEnd(fermata.held, id)).toMatchObject({ state: 'completed' });
    expect((await runsOf(id)).filter(({ kind }) => kind === 'subtask').map((run) => run.id)).toEqual([child.id]);
    expect(told.map((text) => JSON.parse(text) as unknown)).toEqual([
      expect.objectContaining({ subtask: child.id, state: 'succeeded', summary: 'Wrote it.' }),
    ]);
    expect(await landedOn(location)).toHaveLength(1);
  });

  it('is cancelled with its run', async () => {
    const at = new Barrier();
    const { id } = await give('stopped', {
      asks: spawns('stopped part'),
      part: [writes('part.txt', 'part\n'), at.before(finishes())],
    });
    await at.arrived;
    const child = await subtaskAtWork(id);
    await order(fermata.held, 'cancelRun', id);
    expect(await runEnd(fermata.held, id)).toMatchObject({ state: 'cancelled' });
    at.lift();
    const runs = await runsOf(id);
    expect(runs.find((run) => run.id === child.id)).toMatchObject({ state: 'cancelled', waitingOn: null });
    expect(runs.find((run) => run.id === child.parent?.id)).toMatchObject({ state: 'cancelled', waitingOn: null });
    // Its work is kept on the branch of the task.
    const [task] = (await readRun(fermata.held, id)).tasks;
    expect(task).toMatchObject({ state: 'partial_done' });
  });
});
