import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedHost, installProcessHost, type ProcessHost } from './process-host.js';
import { runProcess } from './run-process.js';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
let cwd: string;
let host: ProcessHost;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fermata-host-'));
  host = installProcessHost();
});
afterEach(() => {
  host.close();
  rmSync(cwd, { recursive: true, force: true });
});

const sh = (command: string, more: object = {}) => runProcess({ command, shell: true, cwd, env, ...more });

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !isSo(); tries++) await sleep(10);
  expect(isSo()).toBe(true);
}

const pidIn = (file: string): number => Number(readFileSync(join(cwd, file), 'utf8'));
const isWritten = (file: string) => () => {
  try {
    return readFileSync(join(cwd, file), 'utf8').endsWith('\n');
  } catch {
    return false;
  }
};

describe('a process host', () => {
  it('starts programs in place of this process, and gives their results back', async () => {
    const result = await sh('ps -o ppid= -p $$; echo err >&2; cat; exit 3', { stdin: 'in' });
    expect(result).toMatchObject({ exitCode: 3, stderr: 'err\n', cancelled: false, timedOut: false });
    expect(result.stdout).toMatch(/\d+\nin$/);
    expect(Number.parseInt(result.stdout, 10)).not.toBe(process.pid);
  });

  it('gives programs the environment they are to have and none of its own', async () => {
    const { stdout } = await sh('env', { env: { ...env, ONLY: 'this' } });
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name ?? '')).sort()).toEqual([
      'ONLY',
      'PATH',
    ]);
  });

  it('hands output on while the program runs', async () => {
    writeFileSync(join(cwd, 'go'), '');
    const heard: string[] = [];
    const onOutput = (text: string) => {
      heard.push(text);
      rmSync(join(cwd, 'go'), { force: true });
    };
    const { stdout } = await sh('echo first; while [ -e go ]; do sleep 0.02; done; echo last', { onOutput });
    expect(stdout).toBe('first\nlast\n');
    expect(heard.join('')).toBe('first\nlast\n');
  });

  it('cancels a program with all it has started', async () => {
    const cancel = new AbortController();
    const running = sh('sleep 60 & echo $! > child; wait', { signal: cancel.signal });
    await until(isWritten('child'));
    cancel.abort();
    expect(await running).toMatchObject({ cancelled: true });
    await until(() => !isRunning(pidIn('child')));
  });

  it('says which program is missing', async () => {
    await expect(runProcess({ command: 'no-such-program', cwd, env })).rejects.toMatchObject({
      name: 'DomainError',
      code: 'missing_program',
    });
  });

  it('is started again after it was lost, and leaves nothing running that it had started', async () => {
    const running = sh('echo $$ > leader; ps -o ppid= -p $$ > host; sleep 60');
    await until(isWritten('host'));
    await until(isWritten('leader'));
    const lost = expect(running).rejects.toMatchObject({ code: 'unavailable' });
    process.kill(pidIn('host'), 'SIGKILL');
    await lost;
    expect(isRunning(pidIn('leader'))).toBe(false);
    expect((await sh('echo again')).stdout).toBe('again\n');
  });

  it('ends what it has started when the process it works for is killed', async () => {
    const program = new URL('../../dist/processes/index.js', import.meta.url).href;
    const options = JSON.stringify({ command: 'echo $$ > leader; sleep 60', shell: true, cwd, env });
    const script = `const { installProcessHost, runProcess } = await import('${program}'); installProcessHost(); await runProcess(${options});`;
    const user = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    await until(isWritten('leader'));
    user.kill('SIGKILL');
    await until(() => !isRunning(pidIn('leader')));
  });

  it('is not used any more once it is closed', async () => {
    host.close();
    expect(installedHost()).toBeNull();
    expect(Number.parseInt((await sh('ps -o ppid= -p $$')).stdout, 10)).toBe(process.pid);
  });
});
