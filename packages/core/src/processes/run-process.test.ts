import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess } from './run-process.js';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
let cwd: string;
beforeAll(() => void (cwd = mkdtempSync(join(tmpdir(), 'fermata-process-'))));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const sh = (command: string, more: object = {}) => runProcess({ command, shell: true, cwd, env, ...more });
const node = (script: string, more: object = {}) =>
  runProcess({ command: process.execPath, args: ['-e', script], cwd, env, ...more });

/** Alive and not a zombie that nobody has reaped yet. */
function isRunning(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .toString()
      .startsWith('Z');
  } catch {
    return false;
  }
}

async function pidFrom(file: string): Promise<number> {
  const path = join(cwd, file);
  for (let tries = 0; tries < 500 && !(existsSync(path) && readFileSync(path, 'utf8').includes('\n')); tries++)
    await sleep(10);
  return Number(readFileSync(path, 'utf8'));
}

describe('runProcess', () => {
  it('returns output, exit code and times of a command that fails', async () => {
    const result = await sh('echo out; echo err >&2; exit 3');
    expect(result).toMatchObject({ exitCode: 3, signal: null, timedOut: false, cancelled: false, truncated: false });
    expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n', outputBytes: 8 });
    expect([...result.output.trim().split('\n')].sort()).toEqual(['err', 'out']);
  });

  it('passes arguments as they are, without a shell', async () => {
    const args = [
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      '$(touch pwned)',
      '; touch pwned',
      '"\'',
      '*',
    ];
    const result = await runProcess({ command: process.execPath, args, cwd, env });
    expect(JSON.parse(result.stdout)).toEqual(args.slice(3));
    expect(existsSync(join(cwd, 'pwned'))).toBe(false);
  });

  it('gives a shell command its arguments as positional parameters', async () => {
    expect((await sh('printf %s "$2"', { args: ['a', '$(id) b'] })).stdout).toBe('$(id) b');
  });

  it('inherits nothing from our own environment', async () => {
    process.env['FERMATA_TEST_SECRET'] = 'x';
    const result = await runProcess({
      command: process.execPath,
      args: ['-p', 'JSON.stringify(process.env)'],
      cwd,
      env: { A: 'b' },
    });
    delete process.env['FERMATA_TEST_SECRET'];
    expect(JSON.parse(result.stdout)).toEqual({ A: 'b' });
  });

  it('feeds stdin and survives a program that does not read it', async () => {
    expect((await sh('cat', { stdin: 'grüße' })).stdout).toBe('grüße');
    expect((await sh('exit 0', { stdin: 'x'.repeat(5_000_000) })).exitCode).toBe(0);
  });

  it('shows an empty input to a program that reads one when none is given', async () => {
    expect((await sh('cat; echo end')).stdout).toBe('end\n');
  });

  it('drains 50 MB and keeps head and tail', async () => {
    const script = `process.stdout.write('HEAD'); for (let i = 0; i < 50; i++) process.stdout.write('x'.repeat(1e6)); process.stdout.write('TAIL')`;
    const result = await node(script, { outputCapBytes: 10_000 });
    expect(result).toMatchObject({ exitCode: 0, outputBytes: 50_000_008, truncated: true });
    expect(result.output).toMatch(/^HEADx+\n\[\.\.\. 49990008 bytes cut \.\.\.\]\nx+TAIL$/);
    expect(result.output.length).toBeLessThan(10_100);
  });

  it('puts characters split between chunks together again', async () => {
    const script = `const b = Buffer.from('a€😀ü'); let i = 0; const t = setInterval(() => i < b.length ? process.stdout.write(b.subarray(i, ++i)) : clearInterval(t), 5)`;
    const chunks: string[] = [];
    const result = await node(script, { onOutput: (chunk: string) => chunks.push(chunk) });
    expect(result.stdout).toBe('a€😀ü');
    expect(chunks.join('')).toBe('a€😀ü');
  });

  it('reports chunks while the command still runs', async () => {
    const controller = new AbortController();
    const result = await sh('echo ready; sleep 60', { signal: controller.signal, onOutput: () => controller.abort() });
    expect(result).toMatchObject({ stdout: 'ready\n', cancelled: true });
  });

  it('ends the whole group on a timeout, grandchildren too', async () => {
    const result = await sh('sleep 60 & echo $! > grandchild; wait', { timeoutMs: 300 });
    expect(result).toMatchObject({ timedOut: true, cancelled: false, exitCode: null, signal: 'SIGTERM' });
    expect(isRunning(await pidFrom('grandchild'))).toBe(false);
  });

  it('kills what ignores TERM after the grace time', async () => {
    const result = await sh(
      `trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $! > stubborn; while :; do sleep 1; done`,
      {
        timeoutMs: 1_000,
        graceMs: 200,
      },
    );
    expect(result).toMatchObject({ timedOut: true, signal: 'SIGKILL' });
    await sleep(50);
    expect(isRunning(await pidFrom('stubborn'))).toBe(false);
  });

  it('gives a command the grace time to clean up', async () => {
    const result = await sh(`trap 'echo cleaned; exit 7' TERM; echo up; while :; do sleep 0.05; done`, {
      timeoutMs: 1_000,
    });
    expect(result).toMatchObject({ timedOut: true, exitCode: 7, stdout: 'up\ncleaned\n' });
  });

  it('cancels a running command and never starts one that was cancelled before', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    expect(await sh('sleep 60', { signal: controller.signal })).toMatchObject({ cancelled: true, timedOut: false });
    expect(await sh('touch started', { signal: controller.signal })).toMatchObject({ cancelled: true, exitCode: null });
    expect(existsSync(join(cwd, 'started'))).toBe(false);
  });

  it('kills a background child left behind at the normal end and does not wait for its pipe', async () => {
    const result = await sh('sleep 60 & echo $! > left; echo done');
    expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n', timedOut: false });
    expect(isRunning(await pidFrom('left'))).toBe(false);
  });

  it('stops listening to a daemon that left the group and holds or floods the pipe', async () => {
    const daemon = (work: string): string =>
      `require('child_process').spawn('sh', ['-c', ${JSON.stringify(work)}], { detached: true, stdio: 'inherit' }).unref(); console.log('done')`;
    for (const work of ['echo $$ > daemon1; sleep 60', 'echo $$ > daemon2; while :; do echo y; sleep 0.01; done']) {
      const result = await node(daemon(work));
      expect(result.exitCode).toBe(0);
      expect(result.stdout).toContain('done\n');
    }
    for (const file of ['daemon1', 'daemon2']) process.kill(-(await pidFrom(file)), 'SIGKILL');
  });

  it('names a missing program, a file that cannot be executed, and a missing folder', async () => {
    await expect(runProcess({ command: 'no-such-program', cwd, env })).rejects.toMatchObject({
      code: 'missing_program',
    });
    await expect(runProcess({ command: '/etc/passwd', cwd, env })).rejects.toMatchObject({ code: 'missing_program' });
    await expect(sh('true', { cwd: join(cwd, 'gone') })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses arguments with a NUL byte or beyond what the system takes', async () => {
    await expect(runProcess({ command: 'echo', args: ['a\0b'], cwd, env })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    const args = ['x'.repeat(20_000_000)];
    await expect(runProcess({ command: 'echo', args, cwd, env })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('loses no output of a hundred quick commands run together', async () => {
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => sh(`echo ${n}`)));
    expect(results.map((result) => result.stdout)).toEqual(results.map((_, n) => `${n}\n`));
  });
});
