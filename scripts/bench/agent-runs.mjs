import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, submitGoal } from '../demo/graphql.mjs';
import { processorTime, usedBetween } from './processor-time.mjs';
import { benchGoal } from './script.mjs';
import { distribution, reading } from './statistics.mjs';

/** What the API lets one goal run at once; more at once are spread over several goals. */
const mostTasksOfOneRun = 20;
const finalStates = ['completed', 'failed', 'denied', 'cancelled'];
const readState = `query ($id: ID!) { okrRun(id: $id) { id state failure { message } waitingOn { detail } } }`;

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
  await runTasks(bench, { tasks: atOnce, turns, thinkMs });
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

/** From the end of one response to the arrival of the next request, in ms. */
function gapsOf(exchanges) {
  return exchanges.slice(1).map(({ arrivedAt }, index) => arrivedAt - exchanges[index].answeredAt);
}

function spanOf(runs) {
  const all = runs.flat();
  return Math.max(...all.map(({ answeredAt }) => answeredAt)) - Math.min(...all.map(({ arrivedAt }) => arrivedAt));
}

/** Submits goals until so many tasks are under way, and waits until every one of them is merged. */
export async function runTasks({ fermata, repositoryId, giveUpAt }, { tasks, turns, thinkMs }) {
  const goals = Math.ceil(tasks / mostTasksOfOneRun);
  const shares = Array.from({ length: goals }, (_, index) => Math.floor((tasks + index) / goals));
  await Promise.all(
    shares.map(async (share) => {
      const goal = benchGoal({ tasks: share, turns, thinkMs });
      const input = { repositoryId, goal, approval: 'AUTO', maxParallelTasks: share, clientRequestId: randomUUID() };
      const { okrRun } = (await ask(fermata, submitGoal, { input })).submitGoal;
      await untilCompleted(fermata, okrRun.id, giveUpAt);
    }),
  );
}

async function untilCompleted(fermata, id, giveUpAt) {
  for (;;) {
    const { okrRun } = await ask(fermata, readState, { id });
    if (okrRun.state === 'completed') return;
    if (finalStates.includes(okrRun.state)) throw new Error(`${id} is ${okrRun.state}: ${okrRun.failure?.message}`);
    if (Date.now() > giveUpAt) throw new Error(`${id} is still ${okrRun.state}: ${okrRun.waitingOn?.detail}`);
    await sleep(500);
  }
}
