import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, submitGoal } from '../demo/graphql.mjs';
import { benchGoal } from './script.mjs';
import { distribution } from './statistics.mjs';

const readDrafting = `query { okrRuns(first: 1, filter: { state: drafting }) { nodes { id } } }`;
const target = { p95: 100 };

/**
 * How long a submitted goal takes to be accepted: by itself, and while those submitted just before are being planned, one
 * after the other without a pause. Ends when all of them have their plan, so that what is measured next is alone.
 * @param {{ fermata: any, repositoryId: string, giveUpAt: number }} bench
 */
export async function measureSubmits(bench, { alone = 30, burst = 100 } = {}) {
  const quiet = [];
  for (let count = 0; count < alone; count += 1) {
    quiet.push(await submit(bench));
    await untilPlanned(bench);
  }
  const crowded = [];
  for (let count = 0; count < burst; count += 1) crowded.push(await submit(bench));
  await untilPlanned(bench);
  return [
    distribution('submit_goal', 'ms', quiet, target),
    distribution(`submit_goal_while_${burst}_are_planned`, 'ms', crowded, target),
  ];
}

/** In ms, from the request to the answer. */
async function submit({ fermata, repositoryId }) {
  const goal = benchGoal({ tasks: 1, turns: 2, thinkMs: 0 });
  const input = { repositoryId, goal, approval: 'REQUIRED', clientRequestId: randomUUID() };
  const startedAt = performance.now();
  await ask(fermata, submitGoal, { input });
  return performance.now() - startedAt;
}

async function untilPlanned({ fermata, giveUpAt }) {
  while ((await ask(fermata, readDrafting)).okrRuns.nodes.length > 0) {
    if (Date.now() > giveUpAt) throw new Error('goals that were submitted are still without a plan');
    await sleep(100);
  }
}
