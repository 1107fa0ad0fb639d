import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase } from '@fermata/database';
import { ask, submitGoal } from '../demo/graphql.mjs';
import { benchGoal } from './script.mjs';

const cancelRun = `mutation ($input: CancelRunInput!) { cancelRun(input: $input) { __typename } }`;
const runUnderWay = `query ($id: ID!) { okrRun(id: $id) { agentRuns { id state } } }`;

/**
 * The row of an agent run under way, whose planner thinks for longer than a measure takes: what is measured beneath the API
 * has a run, an agent and budgets by it. Call `end` afterwards.
 * @param {{ fermata: any, repositoryId: string, giveUpAt: number }} bench
 */
export async function plannerAtWork({ fermata, repositoryId, giveUpAt }) {
  const goal = benchGoal({ tasks: 1, turns: 2, thinkMs: 0 });
  const slow = goal.replace(/\.$/, ' Plan slowly.');
  const input = { repositoryId, goal: slow, approval: 'REQUIRED', clientRequestId: randomUUID() };
  const { id } = (await ask(fermata, submitGoal, { input })).submitGoal.okrRun;
  const agentRunId = await untilRunning({ fermata, id, giveUpAt });
  const database = createDatabase({ url: fermata.stack.databaseUrl });
  return {
    database,
    run: await database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } }),
    async end() {
      await database.close();
      await ask(fermata, cancelRun, { input: { id } });
    },
  };
}

async function untilRunning({ fermata, id, giveUpAt }) {
  for (;;) {
    const { okrRun } = await ask(fermata, runUnderWay, { id });
    const running = okrRun.agentRuns.find(({ state }) => state === 'running');
    if (running) return running.id;
    if (Date.now() > giveUpAt) throw new Error('no planner has begun');
    await sleep(50);
  }
}
