import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, submitGoal } from '../demo/graphql.mjs';
import { benchGoal } from './script.mjs';
import { distribution } from './statistics.mjs';

const readDrafting = `query { okrRuns(first: 1, filter: { state: drafting }) { nodes { id } } }`;

/**
 * Submits goals one after the other, while those submitted before are being planned, and measures each answer.
 * Ends when all of them have their plan, so that what is measured next is alone.
 * @param {{ fermata: any, repositoryId: string, giveUpAt: number }} bench
 */
export async function measureSubmits({ fermata, repositoryId, giveUpAt }, { submits = 100 } = {}) {
  const samples = [];
  for (let count = 0; count < submits; count += 1) {
    const goal = benchGoal({ tasks: 1, turns: 2, thinkMs: 0 });
    const input = { repositoryId, goal, approval: 'REQUIRED', clientRequestId: randomUUID() };
    const startedAt = performance.now();
    await ask(fermata, submitGoal, { input });
    samples.push(performance.now() - startedAt);
  }
  while ((await ask(fermata, readDrafting)).okrRuns.nodes.length > 0) {
    if (Date.now() > giveUpAt) throw new Error('goals that were submitted are still without a plan');
    await sleep(500);
  }
  return [distribution('submit_goal', 'ms', samples, { p95: 100 })];
}
