import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoriesFor } from '@fermata/database';
import {
  createActivityWorld,
  planApproved,
  planOf,
  taskBegun,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';
import { processesThatKnow } from '../../support/processes.js';

const held = useDatabase({ poolSize: 20 });
const begin = { reason: { because: 'begin' }, stepLimit: 200 } as const;

/** A task whose agent is a shell script, about to begin. */
async function working(
  script: string,
  more: { args?: string[]; env?: Record<string, string>; world?: WorldOptions } = {},
) {
  const usage = { inputTokens: 1_000, outputTokens: 100, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const world = await createActivityWorld(held.database, {
    contained: true,
    script: () => ({ text: 'Yes.', usage }),
    ...more.world,
  });
  const { one } = await planApproved(world, planOf(['one']));
  const { agents, blobs } = repositoriesFor(world.database, world.workspaceId);
  const launch = { command: 'sh', args: ['-c', script, 'sh', ...(more.args ?? [])], env: more.env ?? {} };
  const agent = await agents.getByName('default');
  await agents.save({ ...agent, runtime: 'command', launch }, { savedBy: world.principalId });
  const { agentRunId } = await taskBegun(world, one!);
  const run = () => world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  const worktree = world.deps.git.worktreePath((await run()).worktreeId!);
  const segment = (attempt = 1) => world.run('runSegment', { agentRunId, ...begin }, { attempt });
  return { world, agentRunId, worktree, run, segment, blobs };
}

describe('an agent that is any program', () => {
  it('reads its order, works in the worktree, and its last line is the summary', async () => {
    const script = 'cat > order.txt; echo work > made.txt; echo noise; echo "I made a file."; echo >&2 "warning"';
    const { segment, run, worktree } = await working(script);
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    expect((await run()).result).toEqual({ summary: 'I made a file.' });
    const order = readFileSync(join(worktree, 'order.txt'), 'utf8');
    expect(order).toMatch(/^Fermata task \S+: /m);
    expect(order).toContain('print your result as the last line');
    expect(existsSync(join(worktree, 'made.txt'))).toBe(true);
  });

  it('is told its order as an argument where it wants it so, whatever is in that', async () => {
    const { segment, worktree } = await working('printf %s "$1" > order.txt; cat >> order.txt; echo done', {
      args: ['{{prompt}}'],
    });
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    expect(readFileSync(join(worktree, 'order.txt'), 'utf8').match(/^Fermata task/gm)).toHaveLength(1);
  });

  it('that fails, says nothing, or says what is no result has stopped, with the reason', async () => {
    const failing = await working('echo "no idea"; exit 3');
    expect(await failing.segment()).toMatchObject({
      outcome: 'stopped',
      detail: expect.stringContaining('exit code 3): no idea') as unknown,
    });
    expect((await failing.run()).result).toBeNull();
    expect(await (await working('true')).segment()).toMatchObject({ outcome: 'stopped' });
    expect(await (await working(`echo '{"sumary":"x"}'`)).segment()).toMatchObject({
      outcome: 'stopped',
      detail: expect.stringContaining('summary') as unknown,
    });
  });

  it('asks models at the gateway with its token, and its calls are steps with their cost', async () => {
    const body = JSON.stringify({ model: 'scripted', max_tokens: 50, messages: [{ role: 'user', content: 'Hm?' }] });
    const script = `curl -sS "$URL/v1/messages" -H "x-api-key: $KEY" -H 'content-type: application/json' -d '${body}' > answer.json; echo asked`;
    const env = { URL: '{{gateway}}', KEY: '{{token}}' };
    const { world, segment, agentRunId, worktree, run } = await working(script, { env });
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    expect(readFileSync(join(worktree, 'answer.json'), 'utf8')).toContain('Yes.');
    expect(await run()).toMatchObject({ costMicros: 4_500n, inputTokens: 1_000 });
    const steps = await world.database.agentStep.findMany({ where: { agentRunId }, orderBy: { index: 'asc' } });
    expect(steps.map(({ kind, state }) => [kind, state])).toEqual([
      ['model', 'succeeded'],
      ['note', 'succeeded'],
    ]);
  });

  it('that goes on after a crash is told to look first', async () => {
    const { segment, worktree } = await working('cat > order.txt; echo done');
    expect(await segment(2)).toMatchObject({ outcome: 'finished' });
    expect(readFileSync(join(worktree, 'order.txt'), 'utf8')).toContain('by a process that was lost');
  });

  it('plans by a last line that is the plan', async () => {
    const plan = planOf(['one', 'two<one']);
    const { world, segment, agentRunId, run } = await working(`echo '${JSON.stringify(plan)}'`);
    await world.database.agentRun.update({ where: { id: agentRunId }, data: { kind: 'plan' } });
    expect(await segment()).toMatchObject({ outcome: 'finished' });
    expect((await run()).result).toMatchObject({ tasks: [{ key: 'one' }, { key: 'two', dependsOn: ['one'] }] });
  });

  it('is ended with all it has started when the run is cancelled', async () => {
    const { world, agentRunId, worktree } = await working('touch running.txt; sleep 986 & sleep 986');
    let cancel = (): void => undefined;
    const segment = world.run('runSegment', { agentRunId, ...begin }, { watch: (at) => (cancel = () => at.cancel()) });
    const ended = segment.catch((error: unknown) => error);
    await expect.poll(() => existsSync(join(worktree, 'running.txt')), { timeout: 20_000 }).toBe(true);
    cancel();
    expect(await ended).toBeInstanceOf(Error);
    expect(await processesThatKnow('sleep 986')).toEqual([]);
  });
});
