import { createHash, randomBytes } from 'node:crypto';
import { createGatewayPorts, createWorkspaceProviders } from '@fermata/activities';
import { defaultCircuitLimits } from '@fermata/contracts';
import { hashGatewayToken, mintGatewayToken, startGateway } from '@fermata/core/gateway';
import { chooseUpstream, type ProviderSettings } from '@fermata/core/models';
import {
  createGatewayTokenRepository,
  createSecretCipher,
  createSecretRepository,
  openKeyRing,
  repositoriesFor,
} from '@fermata/database';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { createModelDirectory } from '../../../apps/worker/src/model-directory.js';
import {
  type ActivityWorld,
  createActivityWorld,
  failureOf,
  planApproved,
  planOf,
  taskBegun,
} from '../../support/activity-world.js';
import { makeWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const model = 'claude-sonnet-5-5';
const answer = {
  text: 'I look.',
  toolCalls: [{ name: 'list', input: {} }],
  usage: { inputTokens: 9, outputTokens: 5 },
};
const keptMs = 300;
const ring = openKeyRing({ list: `one:${randomBytes(32).toString('base64')}` });
const cipher = createSecretCipher(ring);

/** As the scripted model logs a key. */
const seenAs = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
const keysSeen = (world: ActivityWorld) => world.model.requests().map(({ headers }) => headers['x-api-key']);

/** A world whose agent asks a model of Anthropic, of which this worker knows the address and, if anything, a key. */
async function worldWith(own: ProviderSettings = {}) {
  const world = await createActivityWorld(held.database, { script: () => answer });
  const settings = { ...own, anthropicBaseUrl: world.model.anthropicBaseUrl };
  const providersFor = createWorkspaceProviders({ database: held.database, settings, cipher, keptMs });
  world.deps.modelNamed = createModelDirectory(providersFor);
  const { agents } = repositoriesFor(held.database, world.workspaceId);
  await agents.save({ ...(await agents.getByName('default')), model }, { savedBy: world.principalId });
  const secrets = createSecretRepository(held.database, world.workspaceId, cipher);
  const store = (value: string, name = 'ANTHROPIC_API_KEY') =>
    secrets.save({ name, value }, { savedBy: world.principalId });
  const tasks = await planApproved(world, planOf(['one']));
  const { agentRunId } = await taskBegun(world, tasks['one']!);
  const call = (index = 0, attempt = 1) => world.run('callModel', { agentRunId, index }, { attempt });
  return { world, providersFor, secrets, store, agentRunId, call };
}

describe('a call of our own loop', () => {
  it('is made with the key that the workspace has stored, which is in no row in the clear', async () => {
    const { world, store, call } = await worldWith();
    await store('sk-stored');
    expect(await call()).toMatchObject({ outcome: 'answered' });
    expect(keysSeen(world)).toEqual([seenAs('sk-stored')]);
    for (const rows of [await held.database.event.findMany(), await held.database.agentStep.findMany()])
      expect(
        JSON.stringify(rows, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each)),
      ).not.toContain('sk-stored');
  });

  it('takes the key of the environment where there is one', async () => {
    const { world, store, call } = await worldWith({ anthropicApiKey: 'sk-environment' });
    await store('sk-stored');
    await call();
    expect(keysSeen(world)).toEqual([seenAs('sk-environment')]);
  });

  it('without either fails, names both ways, and is made once the key is stored', async () => {
    const { world, store, call } = await worldWith();
    const failure = await failureOf(call());
    expect(failure).toMatchObject({ type: 'provider_unauthorized', nonRetryable: true });
    expect(failure.message).toMatch(/Set ANTHROPIC_API_KEY.*fermata secret set ANTHROPIC_API_KEY/);
    await store('sk-late');
    await sleep(keptMs + 50);
    expect(await call(0, 2)).toMatchObject({ outcome: 'answered' });
    expect(keysSeen(world)).toEqual([seenAs('sk-late')]);
  });

  it('uses a replaced key soon, and none once it was removed', async () => {
    const { world, secrets, providersFor, store } = await worldWith();
    const keyNow = async () => (await providersFor(world.workspaceId, model)).anthropicApiKey;
    await store('sk-first');
    expect(await keyNow()).toBe('sk-first');
    await store('sk-second');
    expect(await keyNow()).toBe('sk-first');
    await sleep(keptMs + 50);
    expect(await keyNow()).toBe('sk-second');
    await secrets.remove('ANTHROPIC_API_KEY', { removedBy: world.principalId });
    await sleep(keptMs + 50);
    expect(await keyNow()).toBeUndefined();
  });

  it('gets nothing of another workspace, and nothing but the key of its provider', async () => {
    const { world, providersFor, store } = await worldWith();
    await store('sk-stored');
    await store('sk-other', 'OPENAI_API_KEY');
    const { workspaceId: other } = await makeWorkspace(held.database);
    expect(await providersFor(other, model)).not.toHaveProperty('anthropicApiKey');
    expect(await providersFor(world.workspaceId, model)).not.toHaveProperty('openaiApiKey');
    expect(await providersFor(world.workspaceId, 'gpt-5')).toMatchObject({ openaiApiKey: 'sk-other' });
  });

  it('is refused with the name of the secret when this worker has not its key', async () => {
    const { world, store } = await worldWith();
    await store('sk-stored');
    const settings = { anthropicBaseUrl: world.model.anthropicBaseUrl };
    const blind = createWorkspaceProviders({
      ...{ database: held.database, settings, cipher: createSecretCipher(openKeyRing({})) },
    });
    await expect(blind(world.workspaceId, model)).rejects.toMatchObject({ code: 'secrets_unavailable' });
    expect(await blind((await makeWorkspace(held.database)).workspaceId, model)).toBe(settings);
  });
});

describe('a call through the gateway', () => {
  it('is lent the stored key, which the program never has', async () => {
    const { world, providersFor, store, agentRunId } = await worldWith();
    const ports = createGatewayPorts({
      ...{ database: held.database, segments: world.deps.segments, circuit: defaultCircuitLimits },
      upstreamOf: async ({ workspaceId }, wanted) =>
        chooseUpstream(wanted, await providersFor(workspaceId, wanted.model)),
      onFailure: (doing, error) => console.error(doing, error),
    });
    const gateway = await startGateway({ ports });
    try {
      const { token } = mintGatewayToken();
      const bearer = { hash: hashGatewayToken(token), workspaceId: world.workspaceId, agentRunId };
      await createGatewayTokenRepository(held.database).replace(bearer);
      const client = new Anthropic({ apiKey: token, authToken: null, baseURL: gateway.url, maxRetries: 0 });
      const ask = () =>
        client.messages.create({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Go.' }] });
      await expect(ask()).rejects.toThrow(/fermata secret set ANTHROPIC_API_KEY/);
      await store('sk-lent');
      await sleep(keptMs + 50);
      expect(await ask()).toMatchObject({ type: 'message' });
      expect(keysSeen(world)).toEqual([seenAs('sk-lent')]);
    } finally {
      await gateway.close();
    }
  });
});
