import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentPolicy, defaultPolicy } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import { describe, expect, it } from 'vitest';
import { useAcpAgent } from '../../support/acp-agent/acp-agent.js';
import {
  createActivityWorld,
  decide,
  planApproved,
  planOf,
  taskBegun,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';
import { processesThatKnow } from '../../support/processes.js';
import { until } from '../../support/until.js';

const held = useDatabase({ poolSize: 20 });
const testAgent = useAcpAgent();
const everything: AgentPolicy = { ...defaultPolicy, mode: 'full' };
const begin = { reason: { because: 'begin' }, stepLimit: 200 } as const;

/** A task whose agent does what `body` says, about to begin. */
async function working(body: string, options: WorldOptions = {}) {
  const world = await createActivityWorld(held.database, { contained: true, policy: everything, ...options });
  const { one } = await planApproved(world, planOf(['one']));
  const { agents, blobs } = repositoriesFor(world.database, world.workspaceId);
  const agent = await agents.getByName('default');
  await agents.save({ ...agent, runtime: 'acp', launch: testAgent.launch(body) }, { savedBy: world.principalId });
  const { agentRunId, worktree } = await taskBegun(world, one!);
  let cancel = (): void => undefined;
  const segment = () =>
    world.run('runSegment', { agentRunId, ...begin }, { watch: (env) => (cancel = () => env.cancel()) });
  const run = () => world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  /** What it said last, which is its summary. */
  const said = async () => ((await run()).result as { summary: string }).summary;
  const steps = async () => {
    const rows = await world.database.agentStep.findMany({ where: { agentRunId }, orderBy: { index: 'asc' } });
    return Promise.all(
      rows
        .filter(({ kind }) => kind === 'tool')
        .map(async ({ state, inputDigest, outputDigest }) => ({
          state,
          input: inputDigest && (JSON.parse(await blobs.get(inputDigest)) as { command: string }).command,
          output: outputDigest && (await blobs.get(outputDigest)),
        })),
    );
  };
  const asked = () =>
    until('a question', () => world.database.approval.findFirst({ where: { agentRunId, state: 'pending' } }));
  return { world, agentRunId, worktree, segment, said, steps, asked, cancel: () => cancel() };
}

describe('an agent that has its commands run by us', () => {
  it('is given what they print and how they end, and each is a step', async () => {
    const { segment, said, steps, worktree } = await working(`
      const id = await agent.run('printf', ['%s %s', 'one two', process.cwd()]);
      const ended = await agent.exit(id);
      const seen = await agent.output(id);
      await agent.release(id);
      const failing = await agent.run('echo bad > bad.txt; echo "$NAME" >&2; exit 3', [], { env: [{ name: 'NAME', value: 'v' }] });
      const failed = await agent.exit(failing);
      agent.say(JSON.stringify({ ended, seen, failed, printed: (await agent.output(failing)).output }));
    `);
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    expect(JSON.parse(await said())).toEqual({
      ended: { exitCode: 0, signal: null },
      seen: { output: `one two ${worktree}`, truncated: false, exitStatus: { exitCode: 0, signal: null } },
      failed: { exitCode: 3, signal: null },
      printed: 'v\n',
    });
    expect(await steps()).toEqual([
      { state: 'succeeded', input: `printf '%s %s' 'one two' ${worktree}`, output: `one two ${worktree}` },
      {
        state: 'failed',
        input: 'echo bad > bad.txt; echo "$NAME" >&2; exit 3',
        output: 'v\n\n[exit code 3]',
      },
    ]);
    expect(readFileSync(join(worktree, 'bad.txt'), 'utf8')).toBe('bad\n');
  });

  it('runs what its policy refuses in no way, and is told why', async () => {
    const policy: AgentPolicy = { ...everything, rules: [{ effect: 'deny', command: 'touch *' }] };
    const { segment, said, steps, worktree } = await working(
      `agent.say(JSON.stringify(await Promise.all([
        agent.refusal(agent.run('touch', ['denied.txt'])),
        agent.refusal(agent.run('touch denied.txt')),
        agent.refusal(agent.run('bash', ['-c', 'cd ' + process.cwd() + ' && touch denied.txt'])),
        agent.refusal(agent.run('touch', ['denied.txt'], { cwd: '/tmp' })),
      ])));`,
      { policy },
    );
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    const [plain, line, shell, elsewhere] = JSON.parse(await said()) as string[];
    for (const refusal of [plain, line, shell]) expect(refusal).toContain('the policy of this agent refuses it');
    expect(elsewhere).toContain('is not in the worktree');
    expect(await steps()).toEqual([]);
    expect(existsSync(join(worktree, 'denied.txt'))).toBe(false);
  });

  it('waits for a person where its policy says so, and asks once for what it asked before', async () => {
    const policy: AgentPolicy = { ...everything, rules: [{ effect: 'ask', command: 'touch *' }] };
    const { segment, world, asked, steps } = await working(
      `await agent.permit('touch asked.txt');
       await agent.exit(await agent.run('bash', ['-c', 'cd ' + process.cwd() + ' && touch asked.txt']));
       agent.say(await agent.refusal(agent.run('touch asked.txt')));`,
      { policy },
    );
    const ending = segment();
    const first = await asked();
    await decide(world, first.id, { state: 'approved' });
    // What it does a second time it was not permitted.
    const second = await until('another question', async () => {
      const open = await asked();
      return open.id === first.id ? null : open;
    });
    await decide(world, second.id, { state: 'denied', reason: 'Once is enough.' });
    expect(await ending).toMatchObject({ outcome: 'finished' });
    expect(await world.database.approval.count({ where: { kind: 'tool_call' } })).toBe(2);
    expect((await steps()).map(({ input, state }) => [input, state])).toContainEqual(['touch asked.txt', 'succeeded']);
  });

  it('is shown the end of a flood of 50 MB, and the rest is not kept', async () => {
    const { segment, said, steps } = await working(`
      const id = await agent.run("head -c 50000000 /dev/zero | tr '\\\\0' x; echo the end");
      await agent.exit(id);
      const { output, truncated } = await agent.output(id);
      const few = await agent.run('echo 0123456 89', [], { outputByteLimit: 6 });
      await agent.exit(few);
      agent.say(JSON.stringify({ size: output.length, truncated, end: output.slice(-9), few: await agent.output(few) }));
    `);
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    expect(JSON.parse(await said())).toMatchObject({
      ...{ size: 1024 * 1024, truncated: true, end: 'xthe end\n' },
      few: { output: ' 89\n', truncated: true },
    });
    const [flood] = await steps();
    expect(flood?.output).toHaveLength(4_096);
    expect(flood?.output).toMatch(/xthe end\n$/);
  });

  it('knows no terminal of somebody else, and none that it has released', async () => {
    const { segment, said } = await working(`
      const id = await agent.run('echo 1');
      await agent.release(id);
      const ids = ['0b5d4c1a-0000-4000-8000-000000000000', '../../etc', id];
      const asks = ids.flatMap((one) => ['output', 'exit', 'kill', 'release'].map((method) => agent.refusal(agent[method](one))));
      agent.say(JSON.stringify(await Promise.all(asks)));
    `);
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    const refusals = JSON.parse(await said()) as string[];
    expect(refusals).toHaveLength(12);
    for (const refusal of refusals) expect(refusal).toContain('There is no terminal');
  });

  it('has sixteen terminals at most, also of those that begin at the same moment', async () => {
    const { segment, said } = await working(`
      const begun = await Promise.all(Array.from({ length: 40 }, () => agent.run('sleep', ['983']).catch(({ message }) => message)));
      const refused = begun.filter((one) => one.includes('There are 16 terminals open'));
      await Promise.all(begun.filter((one) => !refused.includes(one)).map((id) => agent.release(id)));
      const after = await agent.run('echo 1');
      agent.say(JSON.stringify({ refused: refused.length, after: await agent.exit(after) }));
    `);
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    expect(JSON.parse(await said())).toEqual({ refused: 24, after: { exitCode: 0, signal: null } });
    expect(await processesThatKnow('sleep\u0000983')).toEqual([]);
  });

  it('ends one by kill, whatever it ignores, and can read it afterwards', async () => {
    const { segment, said, steps } = await working(`
      const id = await agent.run("trap '' TERM; echo begun; sleep 982 & wait; sleep 982");
      while (!(await agent.output(id)).output.includes('begun')) await new Promise((done) => setTimeout(done, 50));
      await agent.kill(id);
      const { output, exitStatus } = await agent.output(id);
      agent.say(JSON.stringify({ output, exitStatus }));
    `);
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    const { output, exitStatus } = JSON.parse(await said()) as { output: string; exitStatus: { exitCode: number } };
    expect(output).toBe('begun\n');
    expect(exitStatus.exitCode).not.toBe(0);
    expect(await steps()).toMatchObject([{ state: 'failed' }]);
    expect(await processesThatKnow('sleep\u0000982')).toEqual([]);
  });

  it('leaves nothing behind: neither a daemon nor a command that it forgot', async () => {
    const { segment, steps } = await working(`
      await agent.exit(await agent.run('setsid sh -c "sleep 981 & sleep 981" > /dev/null 2>&1 &'));
      await agent.run('sleep', ['980']);
      agent.say('done');
    `);
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    expect(await processesThatKnow('sleep\u0000981')).toEqual([]);
    expect(await processesThatKnow('sleep\u0000980')).toEqual([]);
    expect((await steps()).map(({ state }) => state)).toEqual(['succeeded', 'failed']);
  });

  it('is cancelled within seconds with commands that never end', async () => {
    const { segment, cancel, worktree } = await working(`
      await agent.exit(await agent.run("trap '' TERM; touch running.txt; while :; do sleep 979; done"));
    `);
    const failed = segment().catch((error: unknown) => error);
    await until('the command to run', () => existsSync(join(worktree, 'running.txt')));
    expect(await processesThatKnow('sleep\u0000979')).not.toEqual([]);
    const at = Date.now();
    cancel();
    expect(await failed).toBeInstanceOf(Error);
    expect(Date.now() - at).toBeLessThan(5_000);
    expect(await processesThatKnow('sleep\u0000979')).toEqual([]);
  });

  it('runs them in the sandbox of the run, with variables that carry no code and hide no mark of ours', async () => {
    const env = ['LD_PRELOAD', 'BASH_ENV', 'GIT_SSH_COMMAND', 'FERMATA_HOST', 'PATH', 'OWN'];
    const { segment, said, world } = await working(`
      const env = ${JSON.stringify(env.map((name) => ({ name, value: 'mine' })))};
      const id = await agent.run('env; ls "$(dirname "$(dirname "$PWD")")" 2>&1; curl -sS -m 5 http://198.51.100.7/ 2>&1; echo "curl $?"', [], { env });
      await agent.exit(id);
      agent.say((await agent.output(id)).output);
    `);
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    const seen = await said();
    expect(seen.split('\n').filter((line) => line.endsWith('=mine'))).toEqual(['OWN=mine']);
    expect(seen).toContain('FERMATA_HOST=host1');
    expect(seen).not.toContain('mirrors');
    expect(seen).toMatch(/curl ([1-9]|127)/);
    expect(JSON.stringify(await world.database.blob.findMany({ select: { content: true } }))).not.toContain(
      'the-real-key',
    );
  });
});

describe('an agent that is refused what it asks for', () => {
  it('is told why when it has stopped', async () => {
    const policy: AgentPolicy = { ...everything, rules: [{ effect: 'ask', command: 'touch *' }] };
    const { segment, world, asked, said } = await working(
      `if (agent.told.includes('was refused')) return void agent.say('I was told: ' + agent.told);
       agent.say(await agent.permit('touch asked.txt'));`,
      { policy },
    );
    const ending = segment();
    await decide(world, (await asked()).id, { state: 'denied', reason: 'The file has another name.' });
    expect(await ending).toMatchObject({ outcome: 'finished' });
    expect(await said()).toMatch(/touch asked\.txt: Not done: a person said no, because: The file has another name\./);
  });
});
