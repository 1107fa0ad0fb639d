import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AgentPreset, defaultPolicy } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import { describe, expect, it } from 'vitest';
import { useAcpAgent } from '../../support/acp-agent/acp-agent.js';
import {
  createActivityWorld,
  failureOf,
  planApproved,
  planOf,
  taskBegun,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase({ poolSize: 20 });
const testAgent = useAcpAgent();
const begin = { reason: { because: 'begin' }, stepLimit: 200 } as const;
const secret = 'a-refresh-token-of-some-length-0123456789';

interface Login {
  preset?: AgentPreset;
  /** Files of the user's home. */
  files?: Record<string, string>;
  world?: WorldOptions;
}

/** A task whose agent is a program that we know, with its own login; in place of that program stands one that does `body`. */
async function working(body: string, { preset = 'kiro', files = {}, world: options = {} }: Login = {}) {
  const agentsDir = testAgent.standInFor(preset, body);
  const world = await createActivityWorld(held.database, {
    ...{ contained: true, allowsOwnLogin: true, policy: { ...defaultPolicy, mode: 'full' }, agentsDir },
    ...options,
  });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(world.deps.home, path)), { recursive: true });
    writeFileSync(join(world.deps.home, path), text);
  }
  const { one } = await planApproved(world, planOf(['one']));
  const { agents, blobs } = repositoriesFor(world.database, world.workspaceId);
  const agent = await agents.getByName('default');
  await agents.save({ ...agent, runtime: 'acp', launch: { preset, login: 'own' } }, { savedBy: world.principalId });
  const { agentRunId } = await taskBegun(world, one!);
  const run = () => world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  const notes = async () => {
    const rows = await world.database.agentStep.findMany({ where: { agentRunId }, orderBy: { index: 'asc' } });
    return Promise.all(rows.flatMap(({ outputDigest }) => (outputDigest === null ? [] : [blobs.get(outputDigest)])));
  };
  return { world, agentRunId, run, notes, segment: () => world.run('runSegment', { agentRunId, ...begin }) };
}

const kiroLogin = '.local/share/kiro-cli/data.sqlite3';

describe('an agent with a login of its own', () => {
  it('has the files of that login in its home while it works, and not after', async () => {
    const body = `const { readFileSync, writeFileSync } = await import('node:fs');
      const file = process.env.HOME + '/${kiroLogin}';
      const text = readFileSync(file, 'utf8');
      writeFileSync(process.cwd() + '/home.txt', process.env.HOME);
      agent.say('My login is ' + text); await agent.tell({ sessionUpdate: 'tool_call', toolCallId: 'c', title: 'x', status: 'completed', kind: 'other' });
      agent.say('done');`;
    const files = { [kiroLogin]: secret, '.ssh/id_rsa': 'another secret' };
    const { world, segment, run, notes } = await working(body, { files });
    expect(await segment()).toMatchObject({ outcome: 'stopped', detail: expect.stringContaining('done') as unknown });
    expect(await notes()).toContain('My login is [login]');
    expect(JSON.stringify(await world.database.blob.findMany({ select: { content: true } }))).not.toContain(secret);
    const { worktreeId, id, costSource } = await run();
    expect(costSource).toBe('unknown');
    const home = join(world.deps.git.sandboxFolder(worktreeId!), 'home', 'agents', id);
    expect(existsSync(home)).toBe(true);
    expect(existsSync(join(home, kiroLogin))).toBe(false);
    expect(existsSync(join(home, '.ssh'))).toBe(false);
  });

  it('is refused where the worker does not allow it, with how to allow it', async () => {
    const { segment } = await working('', { files: { [kiroLogin]: secret }, world: { allowsOwnLogin: false } });
    const failure = await failureOf(segment());
    expect(failure).toMatchObject({ type: 'forbidden', nonRetryable: true });
    expect(failure.message).toContain('FERMATA_ALLOW_OWN_LOGIN=true');
  });

  it('is refused without a login, and follows no link to one', async () => {
    const { world, segment } = await working('');
    const missing = await failureOf(segment());
    expect(missing.type).toBe('provider_unauthorized');
    expect(missing.message).toContain('Log in with `kiro-cli login`');
    const elsewhere = join(world.deps.home, 'elsewhere');
    mkdirSync(elsewhere, { recursive: true });
    writeFileSync(join(elsewhere, 'data.sqlite3'), secret);
    mkdirSync(join(world.deps.home, '.local/share'), { recursive: true });
    symlinkSync(elsewhere, join(world.deps.home, '.local/share/kiro-cli'));
    expect((await failureOf(segment())).type).toBe('provider_unauthorized');
  });

  it('that asks for a login says which program it is, and how one logs in', async () => {
    const { segment } = await working('agent.needLogin()', { files: { [kiroLogin]: secret } });
    const failure = await failureOf(segment());
    expect(failure).toMatchObject({ type: 'provider_unauthorized', nonRetryable: true });
    expect(failure.message).toMatch(/^Kiro CLI asks for a login: .*Log in with `kiro-cli login`/);
  });

  it('whose cost nobody learns is refused under a budget', async () => {
    const { segment } = await working('', { files: { [kiroLogin]: secret }, world: { budgetMicros: 1_000_000 } });
    const failure = await failureOf(segment());
    expect(failure.type).toBe('forbidden');
    expect(failure.message).toContain('Take their limits away');
  });

  it('has the cost that it reports, and is stopped when the budget is spent', async () => {
    const report = (amount: number, currency = 'USD') =>
      `await agent.tell({ sessionUpdate: 'usage_update', used: 1, size: 2, cost: { amount: ${amount}, currency: '${currency}' } });`;
    const body = `${report(0.25)} ${report(99, 'EUR')} ${report(-5)} ${report(0.75)} ${report(0.75)}
      agent.say('I go on'); await new Promise(() => {});`;
    const files = { '.claude/.credentials.json': `{"token":"${secret}"}` };
    const { world, segment, run } = await working(body, {
      ...{ preset: 'claude-code', files },
      world: { budgetMicros: 700_000 },
    });
    const end = await segment();
    expect(end).toMatchObject({ outcome: 'stopped' });
    expect(await run()).toMatchObject({ costMicros: 750_000n, costSource: 'reported' });
    const budget = await world.database.budget.findFirstOrThrow({ where: { subjectId: world.okrRunId } });
    expect(budget).toMatchObject({ spentMicros: 750_000n, heldMicros: 0n });
    const entries = await world.database.costEntry.findMany({ where: { okrRunId: world.okrRunId } });
    expect(entries.map(({ costMicros, estimated }) => [costMicros, estimated])).toEqual([
      [250_000n, false],
      [500_000n, false],
    ]);
    expect((await failureOf(segment())).type).toBe('budget_exhausted');
  });
});
