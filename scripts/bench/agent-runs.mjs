import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, submitGoal } from '../demo/graphql.mjs';
import { processorTime, usedBetween } from './processor-time.mjs';
import { benchGoal } from './script.mjs';
import { distribution, reading } from './statistics.mjs';

/** What the API lets one goal run at once; more at once are spread over several goals. */
const mostTasksOfOneRun = 20;
const pollMs = 500;
const finalStates = ['completed', 'failed', 'denied', 'cancelled'];
const readState = `query ($id: ID!) { okrRun(id: $id) { id state failure { message } } }`;
const cancelRun = `mutation ($input: CancelRunInput!) { cancelRun(input: $input) { __typename } }`;

/** A model call and the tool call that follows it, until the call of `finish`: 30 turns are 60 steps. */
export const turnsOfRun = 30;
const stepsOfTurn = 2;
const target = { p50: 40, p95: 100 };

/**
 * Runs `atOnce` agents side by side, and measures what passes between a model's answer and the next request of the same run.
 * @param {{ fermata: any, model: any, repositoryId: string, giveUpAt: number }} bench
 * @param {{ atOnce: number, turns?: number, thinkMs?: number }} load
 */
export async function measureAgentRuns(bench, { atOnce, turns = turnsOfRun, thinkMs = 0 }) {
  const { fermata, model } = bench;
  model.forget();
  const before = await processorTime(fermata);
  await runTasks(bench, { tasks: atOnce, turns, thinkMs, land: false });
  const used = usedBetween(before, await processorTime(fermata));
  const faults = model.failures();
  if (faults.length > 0) throw new Error(`the scripted model was asked what it does not know: ${faults[0]}`);
  const runs = [...model.workRuns().values()];
  if (runs.length !== atOnce) throw new Error(`${runs.length} of ${atOnce} agent runs called the model`);
  const suffix = thinkMs === 0 ? `${atOnce}` : `${atOnce}_thinking_${thinkMs}ms`;
  const gaps = distribution(`next_request_${suffix}`, 'ms', runs.flatMap(gapsOf), target);
  if (thinkMs > 0) return [gaps];
  const seconds = spanOf(runs) / 1_000;
  const steps = runs.length * turns * stepsOfTurn;
  return [
    gaps,
    reading(`agent_runs_per_second_${suffix}`, 'runs/s', runs.length / seconds),
    reading(`steps_per_second_${suffix}`, 'steps/s', steps / seconds),
    ...Object.entries(used).map(([part, ms]) => reading(`processor_${part}_per_step_${suffix}`, 'ms', ms / steps)),
  ];
}

/** From the first goal to the last merge, of so many small tasks on one branch that are ready at about the same time. */
export async function measureLanding(bench, { tasks }) {
  bench.model.forget();
  const startedAt = performance.now();
  await runTasks(bench, { tasks, turns: 3, land: true });
  const minutes = (performance.now() - startedAt) / 60_000;
  return [reading(`tasks_merged_per_minute_${tasks}`, 'tasks/min', tasks / minutes)];
}

/** From the end of one response to the arrival of the next request, in ms. */
function gapsOf(exchanges) {
  return exchanges.slice(1).map(({ arrivedAt }, index) => arrivedAt - exchanges[index].answeredAt);
}

function spanOf(runs) {
  const all = runs.flat();
  return Math.max(...all.map(({ answeredAt }) => answeredAt)) - Math.min(...all.map(({ arrivedAt }) => arrivedAt));
}

/**
 * Submits goals until so many tasks are under way, and waits until every work run was told to finish. Then the goals are
 * cancelled, or with `land` waited for until all is merged: landing many changes on one branch is another measure.
 * @param {{ fermata: any, model: any, repositoryId: string, giveUpAt: number }} bench
 * @param {{ tasks: number, turns: number, thinkMs?: number, land?: boolean }} load
 */
export async function runTasks(bench, { tasks, turns, thinkMs = 0, land = false }) {
  const { fermata, model, repositoryId } = bench;
  const goals = Math.ceil(tasks / mostTasksOfOneRun);
  const shares = Array.from({ length: goals }, (_, index) => Math.floor((tasks + index) / goals));
  const finishedBefore = model.finishedRuns();
  const runs = await Promise.all(
    shares.map(async (share) => {
      const goal = benchGoal({ tasks: share, turns, thinkMs });
      const input = { repositoryId, goal, approval: 'AUTO', maxParallelTasks: share, clientRequestId: randomUUID() };
      return (await ask(fermata, submitGoal, { input })).submitGoal.okrRun;
    }),
  );
  if (!land) {
    await until(bench, () => model.finishedRuns() - finishedBefore >= tasks, `${tasks} agent runs have not finished`);
    await Promise.all(runs.map(({ id }) => ask(fermata, cancelRun, { input: { id } })));
  }
  await Promise.all(runs.map(({ id }) => untilEnded(bench, id, land ? 'completed' : null)));
}

/** Waits for a run's end; with `wanted` it must be that one. */
async function untilEnded(bench, id, wanted) {
  const read = async () => (await ask(bench.fermata, readState, { id })).okrRun;
  await until(bench, async () => finalStates.includes((await read()).state), `${id} has not ended`);
  const { state, failure } = await read();
  if (wanted && state !== wanted) throw new Error(`${id} is ${state}: ${failure?.message}`);
}

async function until({ giveUpAt }, isSo, otherwise) {
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error(otherwise);
    await sleep(pollMs);
  }
}
