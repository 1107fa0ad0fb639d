import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentPolicy, type AgentPreset, defaultPolicy, triedPresets } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import type { Conversation } from '@fermata/scripted-model';
import { describe, expect, inject, it, vi } from 'vitest';
import {
  createActivityWorld,
  decide,
  failureOf,
  planApproved,
  planOf,
  taskBegun,
  type WorldOptions,
} from '../support/activity-world.js';
import { type Deed, script } from '../support/agent-scripts.js';
import { useDatabase } from '../support/postgres.js';
import { processesThatKnow } from '../support/processes.js';
import { until } from '../support/until.js';

const held = useDatabase({ poolSize: 20 });
const everything: AgentPolicy = { ...defaultPolicy, mode: 'full' };
const begin = { reason: { because: 'begin' }, stepLimit: 200 } as const;
/** Compared whole: an end of another kind says why. */
const finished = { outcome: 'finished', workedMs: expect.any(Number) as number };

/** A task whose agent is the program, about to begin. */
async function working(preset: AgentPreset, deeds: readonly Deed[], options: WorldOptions = {}) {
  let worktree = '';
  const world = await createActivityWorld(held.database, {
    ...{ contained: true, agentsDir: inject('agentsDir'), policy: everything },
    script: script(preset, deeds, () => worktree),
    ...options,
  });
  const { one } = await planApproved(world, planOf(['one']));
  const { agents, blobs } = repositoriesFor(world.database, world.workspaceId);
  const agent = await agents.getByName('default');
  await agents.save({ ...agent, runtime: 'acp', launch: { preset } }, { savedBy: world.principalId });
  const { agentRunId } = await taskBegun(world, one!);
  const run = () => world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  worktree = world.deps.git.worktreePath((await run()).worktreeId!);
  const steps = () => world.database.agentStep.findMany({ where: { agentRunId }, orderBy: { index: 'asc' } });
  const outputs = async () => {
    const digests = (await steps())
      .filter(({ kind }) => kind === 'tool')
      .flatMap(({ outputDigest }) => outputDigest ?? []);
    return (await Promise.all(digests.map((digest) => blobs.get(digest)))).join('\n');
  };
  const asked = () =>
    until('a question', () => world.database.approval.findFirst({ where: { agentRunId, state: 'pending' } }));
  return { world, agentRunId: agentRunId, worktree, steps, run, outputs, asked };
}

const fileIn = (worktree: string, name: string) => readFileSync(join(worktree, name), 'utf8');
const numberOf = (rows: readonly { kind: string; state: string }[], kind: string, state: string) =>
  rows.filter((row) => row.kind === kind && row.state === state).length;

describe.each(triedPresets)('%s', (preset) => {
  it('works in its sandbox on the models of the gateway, and hands in its result', async () => {
    const deeds: Deed[] = [
      { run: 'echo hi > by-shell.txt' },
      { write: 'by-edit.txt', content: 'hello\n' },
      { finish: 'Done.' },
    ];
    const { world, agentRunId, worktree, steps, run } = await working(preset, deeds);
    expect(await world.run('runSegment', { agentRunId, ...begin })).toEqual(finished);
    expect(await run()).toMatchObject({ result: { summary: 'Done.' }, containment: 'bubblewrap' });
    expect([fileIn(worktree, 'by-shell.txt'), fileIn(worktree, 'by-edit.txt')]).toEqual(['hi\n', 'hello\n']);
    const taken = await steps();
    expect(taken.map(({ index }) => index)).toEqual(taken.map((_step, index) => index));
    expect(numberOf(taken, 'model', 'succeeded')).toBeGreaterThanOrEqual(3);
    expect(numberOf(taken, 'tool', 'succeeded')).toBeGreaterThanOrEqual(3);
    const { costMicros } = await run();
    const budget = await world.database.budget.findFirstOrThrow({ where: { subjectId: world.okrRunId } });
    expect(budget).toMatchObject({ spentMicros: costMicros, heldMicros: 0n });
    expect(costMicros).toBe(taken.reduce((sum, step) => sum + (step.costMicros ?? 0n), 0n));
  });

  it('has our tools at its first call of the model, also when they were slow to answer', async () => {
    const { world, agentRunId } = await working(preset, [{ finish: 'Done.' }]);
    const { segments } = world.deps;
    const serveFrom = segments.begin.bind(segments);
    vi.spyOn(segments, 'begin').mockImplementation((id, serve) => {
      let busy: Promise<unknown> | undefined;
      return serveFrom(id, (request) => (busy ??= sleep(8_000)).then(() => serve(request)));
    });
    expect(await world.run('runSegment', { agentRunId, ...begin })).toEqual(finished);
  });

  it('asks what its policy leaves to a person, and does it when the answer is yes', async () => {
    const policy: AgentPolicy = { ...everything, rules: [{ effect: 'ask', command: 'touch *' }] };
    const deeds: Deed[] = [{ run: 'touch asked.txt' }, { finish: 'Done.' }];
    const { world, agentRunId, worktree, run, asked } = await working(preset, deeds, { policy });
    const segment = world.run('runSegment', { agentRunId, ...begin });
    const question = await asked();
    expect(question).toMatchObject({ kind: 'tool_call', title: 'May the agent run `touch asked.txt`?' });
    await until('the row to say so', async () => (await run()).state === 'waiting');
    expect(await run()).toMatchObject({ waitingOn: { kind: 'human', subjectId: question.id } });
    expect(existsSync(join(worktree, 'asked.txt'))).toBe(false);
    await decide(world, question.id, { state: 'approved' });
    expect(await segment).toEqual(finished);
    expect(existsSync(join(worktree, 'asked.txt'))).toBe(true);
    expect(await run()).toMatchObject({ state: 'running', waitingOn: { kind: 'work' } });
  });

  it('does not do what a person or its policy refuses', async () => {
    const rules = [
      { effect: 'ask' as const, command: 'touch asked.txt' },
      { effect: 'deny' as const, command: 'touch denied.txt' },
    ];
    const deeds: Deed[] = [{ run: 'touch denied.txt' }, { run: 'touch asked.txt' }, { finish: 'Neither was done.' }];
    const { world, agentRunId, worktree, asked } = await working(preset, deeds, {
      policy: { ...everything, rules },
    });
    const segment = world.run('runSegment', { agentRunId, ...begin });
    // Some programs end their turn when they are refused something: then they are told to go on.
    const first = await Promise.race([segment, asked()]);
    if ('outcome' in first) expect(first).toMatchObject({ outcome: 'stopped' });
    else {
      await decide(world, first.id, { state: 'denied', reason: 'Not today.' });
      expect(['finished', 'stopped']).toContain((await segment).outcome);
    }
    expect(existsSync(join(worktree, 'asked.txt'))).toBe(false);
    expect(existsSync(join(worktree, 'denied.txt'))).toBe(false);
  });
});

describe('a repository', () => {
  it('cannot put tools of its own in the place of ours, where a program reads them from files', async () => {
    const { world, agentRunId, worktree } = await working('qwen-code', [{ finish: 'Done.' }]);
    const mcpServers = { fermata: { command: 'false' } };
    mkdirSync(join(worktree, '.qwen'));
    for (const name of ['.mcp.json', '.qwen/settings.json'])
      writeFileSync(join(worktree, name), JSON.stringify({ mcpServers }));
    expect(await world.run('runSegment', { agentRunId, ...begin })).toEqual(finished);
  });
});

describe('an agent that is a program', () => {
  it('sees no key, nothing of ours, and no network but the gateway', async () => {
    const look = 'env; ls "$(dirname "$(dirname "$PWD")")" 2>&1';
    const deeds: Deed[] = [
      { run: look },
      { run: 'curl -sS -m 5 http://198.51.100.7/ 2>&1; echo "exit $?"' },
      { finish: 'I looked.' },
    ];
    const { world, agentRunId, outputs } = await working('claude-code', deeds);
    await world.run('runSegment', { agentRunId, ...begin });
    const seen = await outputs();
    expect(seen).toContain('IS_SANDBOX=1');
    expect(seen).not.toContain('the-real-key');
    expect(seen).not.toContain('mirrors');
    expect(seen).toMatch(/exit ([1-9]|127)/);
    for (const request of world.model.requests()) expect(JSON.stringify(request.headers)).not.toContain('fgw_');
  });

  it('asks nothing any more with the token of a stretch that is over, and that is written nowhere', async () => {
    const deeds: Deed[] = [{ run: 'echo "token $ANTHROPIC_AUTH_TOKEN" | tee token.txt' }, { finish: 'Done.' }];
    const { world, agentRunId, worktree, outputs } = await working('claude-code', deeds);
    await world.run('runSegment', { agentRunId, ...begin });
    const [, token = ''] = fileIn(worktree, 'token.txt').trim().split(' ');
    expect(token).toMatch(/^fgw_/);
    expect(await outputs()).toContain('token [token]');
    expect(JSON.stringify(await world.database.blob.findMany({ select: { content: true } }))).not.toContain(token);
    const headers = { 'x-api-key': token, 'content-type': 'application/json' };
    for (const path of ['/v1/messages', '/mcp']) {
      const answer = await fetch(world.deps.gateway.url + path, { method: 'POST', headers, body: '{}' });
      expect(answer.status).toBe(401);
    }
  });

  it('that asks a person stops, and is told the answer in the same session', async () => {
    const deeds: Deed[] = [{ ask: 'Which colour?' }, { run: 'echo red > colour.txt' }, { finish: 'It is red.' }];
    const goOn = script('claude-code', deeds, () => '.');
    const waits = ({ lastToolResultText: heard, lastUserText }: Conversation): boolean =>
      heard.includes('End your turn now') && !lastUserText.includes('A person answered');
    const { world, agentRunId, run, asked } = await working('claude-code', deeds, {
      script: (conversation) => (waits(conversation) ? { text: 'I wait.' } : goOn(conversation)),
    });
    const end = await world.run('runSegment', { agentRunId, ...begin });
    expect(end).toMatchObject({ outcome: 'question' });
    const session = (await run()).externalSession;
    const question = await asked();
    expect(question).toMatchObject({ kind: 'question', title: 'Which colour?' });
    await decide(world, question.id, { state: 'approved', answer: 'red' });
    const reason = { because: 'answered', approvalId: question.id as never, timedOut: false } as const;
    expect(await world.run('runSegment', { agentRunId, reason, stepLimit: 200 })).toMatchObject({
      outcome: 'finished',
    });
    expect((await run()).externalSession).toBe(session);
    expect(JSON.stringify(world.model.requests().at(-1)?.body)).toContain('A person answered');
  });

  it('that stops without a result is told so, and that it had is found when its process died with it', async () => {
    const deeds: Deed[] = [{ say: 'I am done, I think.' }];
    const { world, agentRunId } = await working('claude-code', deeds);
    const end = await world.run('runSegment', { agentRunId, ...begin });
    expect(end).toMatchObject({
      outcome: 'stopped',
      detail: expect.stringContaining('I am done, I think.') as unknown,
    });
    await world.database.agentRun.update({ where: { id: agentRunId }, data: { result: { summary: 'Done.' } } });
    const asked = world.model.requests().length;
    expect(await world.run('runSegment', { agentRunId, ...begin })).toEqual({ outcome: 'finished' });
    expect(world.model.requests()).toHaveLength(asked);
  });

  it('is stopped at its last step', async () => {
    const deeds = Array.from({ length: 30 }, (_, turn): Deed => ({ run: `echo ${turn} >> steps.txt` }));
    const { world, agentRunId } = await working('claude-code', deeds);
    const end = await world.run('runSegment', { agentRunId, reason: { because: 'begin' }, stepLimit: 8 });
    expect(end).toMatchObject({ outcome: 'step_limit' });
    expect(world.model.requests().length).toBeLessThan(12);
  });

  it('is cancelled within seconds, with everything it has started', async () => {
    const deeds: Deed[] = [{ run: 'touch running.txt; sleep 987' }, { finish: 'Never.' }];
    const { world, agentRunId, worktree } = await working('claude-code', deeds);
    let cancel = (): void => undefined;
    const segment = world.run(
      'runSegment',
      { agentRunId, ...begin },
      { watch: (env) => (cancel = () => env.cancel()) },
    );
    const failed = segment.catch((error: unknown) => error);
    await until('the command to run', () => existsSync(join(worktree, 'running.txt')));
    const at = Date.now();
    cancel();
    expect(await failed).toBeInstanceOf(Error);
    expect(Date.now() - at).toBeLessThan(5_000);
    expect(await processesThatKnow('sleep 987')).toEqual([]);
  });

  it('whose program is not there says how it is had', async () => {
    const { world, agentRunId } = await working('claude-code', [], { agentsDir: '/nonexistent' });
    const failure = await failureOf(world.run('runSegment', { agentRunId, ...begin }));
    expect(failure.message).toContain('fermata agent install claude-code');
    expect(failure.type).toBe('missing_program');
  });

  it('that only reviews can change nothing', async () => {
    const deeds: Deed[] = [
      { run: 'touch changed.txt; echo "exit $?"' },
      { result: { verdict: 'approve', summary: 'Fine.', findings: [] } },
    ];
    const { world, agentRunId, worktree, outputs } = await working('claude-code', deeds);
    await world.database.agentRun.update({ where: { id: agentRunId }, data: { kind: 'review' } });
    expect(await world.run('runSegment', { agentRunId, ...begin })).toEqual(finished);
    expect(await outputs()).toMatch(/Read-only file system|exit 1/);
    expect(existsSync(join(worktree, 'changed.txt'))).toBe(false);
  });

  it('waits over budget, and goes on when the budget is raised', async () => {
    const { world, agentRunId, run } = await working('claude-code', [{ finish: 'Done.' }], { budgetMicros: 1_000 });
    const segment = world.run('runSegment', { agentRunId, ...begin });
    await until('the run to wait', async () => (await run()).state === 'waiting');
    expect(await run()).toMatchObject({ waitingOn: { kind: 'budget' } });
    const { budgets } = repositoriesFor(world.database, world.workspaceId);
    await budgets.setLimit({ subjectId: world.okrRunId, limitMicros: 50_000_000, setBy: world.principalId });
    expect(await segment).toEqual(finished);
  });
});
