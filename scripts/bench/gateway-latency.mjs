import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { hashGatewayToken, mintGatewayToken } from '@fermata/core/gateway';
import { createGatewayTokenRepository } from '@fermata/database';
import { plannerAtWork } from './planner-at-work.mjs';
import { gatewayOpening } from './script.mjs';
import { distribution } from './statistics.mjs';

const target = { p50: 5, p95: 5 };

/**
 * What the gateway adds to a call of a model that answers at once, streamed, from the request to the last byte: each call is
 * made twice, directly and through the gateway, in turn, over connections that stay open. The gateway holds the
 * money and writes the step, both by the token that it knows, and books it after the answer. Right before, what a proxy
 * adds that does nothing but write a row.
 * @param {{ fermata: any, repositoryId: string, gatewayPort: number, model: { environment: Record<string, string> }, giveUpAt: number }} bench
 */
export async function measureGateway(bench) {
  const direct = bench.model.environment.ANTHROPIC_BASE_URL;
  const proxy = await startProxy(direct, bench.fermata.stack.databaseUrl);
  const floor = await addedBy(proxy.url, { direct, key: 'scripted' }).finally(proxy.end);
  const planner = await plannerAtWork(bench);
  try {
    const key = await tokenFor(planner);
    const added = await addedBy(`http://127.0.0.1:${bench.gatewayPort}`, { direct, key });
    return [distribution('gateway_floor', 'ms', floor), distribution('gateway_added_latency', 'ms', added, target)];
  } finally {
    await planner.end();
  }
}

/** In ms, for each call. */
async function addedBy(through, { direct, key, calls = 200, warmUp = 20 }) {
  const added = [];
  for (let count = 0; count < warmUp + calls; count += 1) {
    const alone = await call(direct, 'scripted');
    const whole = await call(through, key);
    if (count >= warmUp) added.push(whole - alone);
  }
  return added;
}

async function startProxy(target, databaseUrl) {
  const file = fileURLToPath(new URL('passing-proxy.mjs', import.meta.url));
  const child = spawn(process.execPath, [file, target, databaseUrl], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  return { url: `http://127.0.0.1:${String(port[0]).trim()}`, end: () => void child.kill() };
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
