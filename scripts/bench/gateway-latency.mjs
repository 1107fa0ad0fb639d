import { hashGatewayToken, mintGatewayToken } from '@fermata/core/gateway';
import { createGatewayTokenRepository } from '@fermata/database';
import { plannerAtWork } from './planner-at-work.mjs';
import { gatewayOpening } from './script.mjs';
import { distribution } from './statistics.mjs';

const target = { p50: 5, p95: 5 };

/**
 * What the gateway adds to a call of a model that answers at once, streamed, from the request to the last byte: each call is
 * made twice, directly and through the gateway, in turn, over connections that stay open. The gateway holds the
 * money and writes the step, both by the token that it knows, and books it after the answer.
 * @param {{ fermata: any, repositoryId: string, gatewayPort: number, model: { environment: Record<string, string> }, giveUpAt: number }} bench
 */
export async function measureGateway(bench, { calls = 200, warmUp = 20 } = {}) {
  const planner = await plannerAtWork(bench);
  const [direct, through] = [bench.model.environment.ANTHROPIC_BASE_URL, `http://127.0.0.1:${bench.gatewayPort}`];
  const added = [];
  try {
    const token = await tokenFor(planner);
    for (let count = 0; count < warmUp + calls; count += 1) {
      const alone = await call(direct, 'scripted');
      const whole = await call(through, token);
      if (count >= warmUp) added.push(whole - alone);
    }
  } finally {
    await planner.end();
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

async function tokenFor({ database, run: { id: agentRunId, workspaceId } }) {
  const { token } = mintGatewayToken();
  await createGatewayTokenRepository(database).replace({ hash: hashGatewayToken(token), workspaceId, agentRunId });
  return token;
}
