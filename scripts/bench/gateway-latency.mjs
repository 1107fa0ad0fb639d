import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashGatewayToken, mintGatewayToken } from '@fermata/core/gateway';
import { createDatabase, createGatewayTokenRepository } from '@fermata/database';
import { ask, submitGoal } from '../demo/graphql.mjs';
import { benchGoal, gatewayOpening } from './script.mjs';
import { distribution } from './statistics.mjs';

const target = { p95: 5 };
const cancelRun = `mutation ($input: CancelRunInput!) { cancelRun(input: $input) { __typename } }`;
const runUnderWay = `query ($id: ID!) { okrRun(id: $id) { agentRuns { id state } } }`;

/**
 * What the gateway adds to a call of a model that answers at once, streamed, from the request to the last byte: each call is
 * made twice, directly and through the gateway, in turn, over connections that stay open. The gateway looks its token up,
 * holds the money, writes the step, and books it after the answer.
 * @param {{ fermata: any, repositoryId: string, gatewayPort: number, model: { environment: Record<string, string> }, giveUpAt: number }} bench
 */
export async function measureGateway(bench, { calls = 200, warmUp = 20 } = {}) {
  const held = await runningRun(bench);
  const [direct, through] = [bench.model.environment.ANTHROPIC_BASE_URL, `http://127.0.0.1:${bench.gatewayPort}`];
  const added = [];
  try {
    for (let count = 0; count < warmUp + calls; count += 1) {
      const alone = await call(direct, 'scripted');
      const whole = await call(through, held.token);
      if (count >= warmUp) added.push(whole - alone);
    }
  } finally {
    await held.end();
  }
  return [distribution('gateway_added_latency', 'ms', added, target)];
}

/** In ms, to the last byte. */
async function call(baseUrl, apiKey) {
  const messages = [{ role: 'user', content: gatewayOpening }];
  const startedAt = performance.now();
  const answer = await fetch(`${baseUrl}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'scripted', max_tokens: 64, stream: true, messages }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the model said ${answer.status}: ${text.slice(0, 300)}`);
  return performance.now() - startedAt;
}

/** A run under way, whose planner thinks for longer than this takes, with a token for it. */
async function runningRun({ fermata, repositoryId, giveUpAt }) {
  const goal = benchGoal({ tasks: 1, turns: 2, thinkMs: 0 });
  const slow = goal.replace(/\.$/, ' Plan slowly.');
  const input = { repositoryId, goal: slow, approval: 'REQUIRED', clientRequestId: randomUUID() };
  const { id } = (await ask(fermata, submitGoal, { input })).submitGoal.okrRun;
  const agentRunId = await untilRunning({ fermata, id, giveUpAt });
  const database = createDatabase({ url: fermata.stack.databaseUrl });
  const { token } = mintGatewayToken();
  const { workspaceId } = await database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  await createGatewayTokenRepository(database).replace({ hash: hashGatewayToken(token), workspaceId, agentRunId });
  return {
    token,
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
