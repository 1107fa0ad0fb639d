import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultPolicy, EventType } from '@fermata/contracts';
import type { ScriptedToolCall } from '@fermata/scripted-model';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resultOf, type WorldOptions } from '../../support/activity-world.js';
import { agentAtWork, type AgentAtWork } from '../../support/agent-at-work.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();

/** An agent at work on a task, whose model has just made these calls. */
const atWork = (toolCalls: readonly ScriptedToolCall[], options?: WorldOptions): Promise<AgentAtWork> =>
  agentAtWork(held.database, toolCalls, options);

async function answers({ world, calls }: AgentAtWork): Promise<string[]> {
  const texts: string[] = [];
  for (const call of calls) {
    await world.run('runTool', call);
    texts.push((await resultOf(world, call)).text);
  }
  return texts;
}

const patch = (...lines: string[]): ScriptedToolCall => ({
  name: 'apply_patch',
  input: { patch: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') },
});

describe('what the work has changed', () => {
  it('is shown against where the task began, checkpoints, open changes and new files alike', async () => {
    const at = await atWork([
      { name: 'git_status', input: {} },
      { name: 'write', input: { path: 'src/made.txt', content: 'one\n' } },
      { name: 'edit', input: { path: 'README.md', old_string: '# Demo', new_string: '# Shown' } },
      { name: 'git_status', input: {} },
      { name: 'git_diff', input: { path: 'src' } },
      { name: 'git_diff', input: { path: '../elsewhere' } },
    ]);
    const [before, , , status, diff, outside] = await answers(at);
    expect(before).toBe('Nothing has been changed.');
    expect(status?.split('\n').sort()).toEqual(['added src/made.txt (+1 -0)', 'modified README.md (+1 -1)']);
    expect(diff).toContain('+++ b/src/made.txt');
    expect(diff).not.toContain('README');
    expect(outside).toContain('leads out of the worktree');
  });
});

describe('a patch of several files', () => {
  it('is applied as one step, of which a crash leaves the outcome open', async () => {
    const at = await atWork([
      patch('*** Add File: a.txt', '+a', '*** Update File: README.md', '-# Demo', '+# Patched'),
    ]);
    const [call] = at.calls;
    expect(await at.world.run('runTool', call!)).toMatchObject({ state: 'succeeded' });
    expect(readFileSync(join(at.worktree, 'README.md'), 'utf8')).toContain('# Patched');
    await at.world.database.agentStep.updateMany({
      where: { agentRunId: at.agentRunId, index: call!.index },
      data: { state: 'started', endedAt: null },
    });
    expect(await at.world.run('runTool', call!, { attempt: 2 })).toEqual({ state: 'unknown' });
  });

  it('is judged file by file, so that one forbidden file forbids it all', async () => {
    const rules = [{ effect: 'deny', path: 'locked/**' } as const];
    const at = await atWork([patch('*** Add File: free.txt', '+a', '*** Add File: locked/b.txt', '+b')], {
      policy: { ...defaultPolicy, rules },
    });
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(at.world, at.calls[0]!)).text).toContain('policy of this agent refuses it');
    expect(existsSync(join(at.worktree, 'free.txt'))).toBe(false);
  });
});

describe('a command in the background', () => {
  const start: ScriptedToolCall = {
    name: 'bash',
    input: { command: 'echo $$ > own; exec sleep 600', run_in_background: true },
  };

  it.each([
    ['before a gate runs in its worktree', (at: AgentAtWork) => at.world.deps.background.endIn(taskOf(at))],
    [
      'with its run',
      (at: AgentAtWork) =>
        at.world.run('endAgentRun', { agentRunId: at.agentRunId, state: 'cancelled', failure: null }),
    ],
  ])('is ended %s', async (_when, end) => {
    const at = await atWork([start]);
    await at.world.run('runTool', at.calls[0]!);
    const own = await pidIn(join(at.worktree, 'own'));
    expect(isAlive(own)).toBe(true);
    await end(at);
    expect(isAlive(own)).toBe(false);
  });

  it('runs in the sandbox of its worktree, with nothing of ours', async () => {
    const at = await atWork(
      [
        { name: 'bash', input: { command: 'ls /proc | grep -c "^[0-9]"; env; sleep 600', run_in_background: true } },
        { name: 'bash_stop', input: { id: 'bg-1' } },
      ],
      { contained: true, environment: { SECRET_KEY: 'planted' } },
    );
    const [started, stopped] = await answers(at);
    expect(started).toMatch(/\n[1-9]\n/);
    expect(started).not.toContain('planted');
    expect(stopped).toContain('[bg-1 has ended: ended by request]');
  });
});

describe('the web', () => {
  it('is asked about where the policy lists no such host, whatever the mode', async () => {
    const at = await atWork([{ name: 'web_fetch', input: { url: 'https://docs.example.org/x' } }]);
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({
      state: 'asked',
      detail: 'May the agent fetch from docs.example.org?',
    });
  });

  it('is fetched from where it does, and marked as material', async () => {
    const server = createServer((_request, response) => response.setHeader('content-type', 'text/plain').end('a page'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const call: ScriptedToolCall = { name: 'web_fetch', input: { url } };
    const listed = await atWork([call], { policy: { ...defaultPolicy, hosts: ['127.0.0.1'] } });
    expect((await answers(listed))[0]).toMatch(/<fermata-data kind="web page"[^>]*>\s*a page/);
    const unlisted = await atWork([call]);
    expect((await answers(unlisted))[0]).toContain('not a public address');
  });
});

describe('what the agent tells people', () => {
  it('is in the event of its step', async () => {
    const at = await atWork([{ name: 'report_progress', input: { message: 'Half of it is done.' } }]);
    await answers(at);
    const { agentRunId } = at;
    const events = await at.world.database.event.findMany({ where: { agentRunId, type: EventType.stepEnded } });
    expect(events.map(({ data }) => (data as { note?: string }).note).filter(Boolean)).toEqual(['Half of it is done.']);
  });
});

describe('a result that is too long to be shown', () => {
  it('is kept whole, and read on by its id', async () => {
    const at = await atWork([{ name: 'bash', input: { command: 'seq 1 50000' } }]);
    const [shown] = await answers(at);
    const id = /\[all of it is kept: read_output with id ([0-9a-f]{64})\]$/.exec(shown ?? '')?.[1];
    const kept = await at.world.database.blob.findFirstOrThrow({ where: { digest: id ?? '' } });
    expect(kept.content.split('\n').slice(24_999, 25_001)).toEqual(['25000', '25001']);
    expect(shown).not.toContain('25000');
  });
});

describe('an outcome', () => {
  it('is known again when the same error comes, and when a file comes to the same content', async () => {
    const write = (content: string): ScriptedToolCall => ({ name: 'write', input: { path: 'a.txt', content } });
    const fail: ScriptedToolCall = { name: 'bash', input: { command: 'echo no such thing; exit 1' } };
    const at = await atWork([write('a'), write('b'), write('a'), fail, { ...fail }]);
    const prints: (string | undefined)[] = [];
    for (const call of at.calls) {
      const turn = await at.world.run('runTool', call);
      prints.push('fingerprint' in turn ? turn.fingerprint : undefined);
    }
    const [a, b, again, error, sameError] = prints;
    expect([again, sameError]).toEqual([a, error]);
    expect(new Set([a, b, error]).size).toBe(3);
  });
});

const taskOf = ({ worktree }: AgentAtWork): string => worktree.split('/').at(-1) ?? '';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function pidIn(file: string): Promise<number> {
  for (let tries = 0; tries < 100 && !existsSync(file); tries++) await sleep(50);
  return Number(readFileSync(file, 'utf8'));
}
