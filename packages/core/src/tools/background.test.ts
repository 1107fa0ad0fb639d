import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BackgroundProcesses, createBackgroundProcesses } from './background-processes.js';
import { createTestWorktree, type TestWorktree } from './worktree.fixture.js';

let tree: TestWorktree;
let processes: BackgroundProcesses;
beforeEach(() => {
  tree = createTestWorktree();
  processes = createBackgroundProcesses({ lifetimeMs: 60_000 });
});
afterEach(async () => {
  await processes.close();
  tree.remove();
});

const owner = { agentRunId: 'run_1', worktreeId: 'task_1' };
const run = (name: string, input: Parameters<TestWorktree['run']>[1], agentRunId = owner.agentRunId) =>
  tree.run(name, input, { background: processes.of({ ...owner, agentRunId }) });
const start = (command: string) => run('bash', { command, run_in_background: true });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function pidIn(file: string): Promise<number> {
  const path = join(tree.path, file);
  for (let tries = 0; tries < 100 && !(existsSync(path) && readFileSync(path, 'utf8').trim() !== ''); tries++)
    await sleep(50);
  return Number(readFileSync(path, 'utf8'));
}

describe('a command in the background', () => {
  it('goes on after the answer, and is looked at and stopped with everything it started', async () => {
    const started = await start('sleep 600 & echo $! > child; echo ready; read line < <(sleep 600)');
    expect(started).toMatchObject({ isError: false, mayHaveChangedFiles: true });
    expect(started.text).toContain('Started in the background as bg-1.');
    expect(started.text).toContain('ready\n[bg-1 is running]');
    const child = await pidIn('child');
    expect(isAlive(child)).toBe(true);
    expect((await run('bash_output', { id: 'bg-1' })).text).toBe('[nothing new]\n[bg-1 is running]');
    const stopped = await run('bash_stop', { id: 'bg-1' });
    expect(stopped).toMatchObject({ isError: false });
    expect(isAlive(child)).toBe(false);
  });

  it('that fails at once says so in the answer', async () => {
    const failed = await start('echo no such port; exit 3');
    expect(failed).toMatchObject({ isError: true, errorCode: 'command_failed' });
    expect(failed.text).toContain('no such port\n[bg-1 has ended: exit code 3]');
  });

  it('is waited for until it prints something', async () => {
    await start('sleep 2.5; echo late; sleep 600');
    const look = await run('bash_output', { id: 'bg-1', wait_ms: 30_000 });
    expect(look.text).toBe('late\n[bg-1 is running]');
  });

  it('shows again what a lost look had taken', async () => {
    await start('echo first; sleep 600');
    await sleep(100);
    const shelf = processes.of(owner);
    const { signal } = new AbortController();
    await run('bash', { command: 'true' });
    const look = await shelf.look('bg-1', { waitMs: 0, again: true, signal });
    expect(look?.output).toBe('first\n');
  });

  const shell = (line: string) => {
    const env = process.env as Record<string, string>;
    return processes.of(owner).start({ command: 'sh', args: ['-c', line], cwd: tree.path, env });
  };
  async function look(id: string | null, { waitMs = 0, again = false } = {}) {
    const { signal } = new AbortController();
    const seen = await processes.of(owner).look(id ?? '', { waitMs, again, signal });
    return seen ?? expect.fail('there is no such command');
  }

  it('is shown without the word that it is printing, which comes with its rest, or by itself when no more of it comes', async () => {
    execFileSync('mkfifo', ['more'], { cwd: tree.path });
    const id = shell('printf "the key is sk-ant-"; read on < more; printf "0815 now. Sure?"; read on < more');
    expect((await look(id, { waitMs: 20_000 })).output).toBe('the key is ');
    expect((await look(id, { again: true })).output).toBe('the key is ');
    writeFileSync(join(tree.path, 'more'), 'on\n');
    expect((await look(id, { waitMs: 20_000 })).output).toBe('sk-ant-0815 now. ');
    expect((await look(id)).output).toBe('');
    expect((await look(id, { waitMs: 20_000 })).output).toBe('Sure?');
    expect((await look(id, { again: true })).output).toBe('Sure?');
    expect((await look(id)).output).toBe('');
  });

  it('is not shown a word beside what came long after it', async () => {
    execFileSync('mkfifo', ['more'], { cwd: tree.path });
    const flood = 'seq -w 1 100000 | tr "\\n" " "; printf end; touch printed';
    const id = shell(`printf "the key is sk-ant-"; read on < more; printf "0815 "; ${flood}; read on < more`);
    await look(id, { waitMs: 20_000 });
    writeFileSync(join(tree.path, 'more'), 'on\n');
    await expect.poll(() => existsSync(join(tree.path, 'printed')), { timeout: 10_000 }).toBe(true);
    // What is printed may be in the pipe yet.
    await sleep(300);
    for (const again of [false, true]) {
      const { output, lost } = await look(id, { waitMs: 2_000, again });
      expect(lost).toBeGreaterThan(400_000);
      expect(output).toMatch(/^ ?\d{6} /);
    }
  });

  it('keeps the latest of output that nobody looks at, and says how much is gone', async () => {
    await start('head -c 500000 /dev/zero | tr "\\0" x; echo; echo end; sleep 600');
    await run('bash_output', { id: 'bg-1' });
    await start('sleep 1.8; head -c 500000 /dev/zero | tr "\\0" y; echo; echo end; touch printed; sleep 600');
    await expect.poll(() => existsSync(join(tree.path, 'printed')), { timeout: 10_000 }).toBe(true);
    // What is printed may be in the pipe yet.
    await sleep(300);
    const look = await run('bash_output', { id: 'bg-2', wait_ms: 1_000 });
    expect(look.text).toMatch(/^\[\.\.\. \d+ characters before this were too many to keep \.\.\.\]/);
    expect(look.text).toContain('end\n[bg-2 is running]');
  });

  it("is nobody else's", async () => {
    await start('sleep 600');
    for (const tool of ['bash_output', 'bash_stop']) {
      expect(await run(tool, { id: 'bg-1' }, 'run_2')).toMatchObject({ isError: true, errorCode: 'not_found' });
    }
    expect(processes.owners()).toEqual(['run_1']);
  });

  it('is one of five at most', async () => {
    for (let count = 0; count < 5; count++)
      processes
        .of(owner)
        .start({ command: 'sleep', args: ['600'], cwd: tree.path, env: process.env as Record<string, string> });
    expect((await start('sleep 600')).text).toContain('Too many commands run in the background already');
  });

  it.each([
    ['its worktree', () => processes.endIn('task_1')],
    ['its run', () => processes.endOf('run_1')],
  ])('ends with %s', async (_name, end) => {
    await start('echo $$ > own; sleep 600');
    const own = await pidIn('own');
    await end();
    expect(isAlive(own)).toBe(false);
    expect(processes.owners()).toEqual([]);
  });

  it('is ended after its lifetime', async () => {
    const short = createBackgroundProcesses({ lifetimeMs: 300 });
    const shelf = short.of(owner);
    const id = shelf.start({
      command: 'sleep',
      args: ['600'],
      cwd: tree.path,
      env: process.env as Record<string, string>,
    });
    const look = await shelf.look(id ?? '', { waitMs: 20_000, again: false, signal: new AbortController().signal });
    expect(look?.result?.timedOut).toBe(true);
    await short.close();
  });
});
