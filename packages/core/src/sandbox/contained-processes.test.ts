import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { endMarkedProcesses, installProcessHost, type ProcessHost, runProcess } from '../processes/index.js';
import { type ContainedWorld, createContainedWorld } from './contained-world.fixture.js';

/** Every process of the machine whose command line has the word. */
function running(word: string): string[] {
  const lines = execFileSync('ps', ['-e', '-o', 'pid=,stat=,args=']).toString().split('\n');
  return lines.filter((line) => line.includes(word) && !/^\s*\d+ Z/.test(line));
}

/** The process host of this very process: others may run on the machine. */
function ownHost(): number {
  const lines = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,args=']).toString().split('\n');
  const line = lines.find(
    (one) => one.includes('process-host.main') && Number(one.trim().split(/\s+/)[1]) === process.pid,
  );
  return Number.parseInt(line ?? '', 10);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !isSo(); tries++) await sleep(10);
  expect(isSo()).toBe(true);
}

const contents = ({ work }: ContainedWorld, file: string): string => {
  try {
    return work.read(file);
  } catch {
    return '';
  }
};

/** A number of seconds that no other test sleeps, by which a process is known outside too. */
let lastMark = 7_000_000 + process.pid;
const mark = (): string => String(++lastMark);

/** Leaves three processes behind that belong to no group of ours. */
const daemons = (seconds: string): string =>
  `setsid sleep ${seconds} & (setsid sh -c 'sleep ${seconds} & sleep ${seconds}' &) ; nohup sleep ${seconds} > /dev/null 2>&1 &`;

let host: ProcessHost | null = null;
afterEach(() => {
  host?.close();
  host = null;
});

describe('a contained program', () => {
  it('gives its output, exit code and input like any other', async () => {
    const { sh, work } = await createContainedWorld();
    const result = await sh('cat; echo err >&2; exit 3', { stdin: 'in' });
    expect(result).toMatchObject({ exitCode: 3, stdout: 'in', stderr: 'err\n', timedOut: false, cancelled: false });
    const args = ['%s|%s', '$(id)', '"; exit 1'];
    const direct = await sh('printf', { command: 'printf', shell: false, args });
    expect(direct.stdout).toBe('$(id)|"; exit 1');
    expect((await sh('pwd', { cwd: work.path })).stdout).toBe(`${work.path}\n`);
  });

  it('leaves no daemon behind when it ends', async () => {
    const { sh } = await createContainedWorld();
    const seconds = mark();
    const { exitCode } = await sh(`${daemons(seconds)} sleep 0.2; exit 0`);
    expect(exitCode).toBe(0);
    expect(running(seconds)).toEqual([]);
  });

  it('leaves none when it runs out of time or is cancelled, and has time to clean up first', async () => {
    const world = await createContainedWorld();
    const seconds = mark();
    const command = `trap 'echo cleaned > cleaned; exit 7' TERM; ${daemons(seconds)} echo up > up; while :; do sleep 0.05; done`;
    const late = await world.sh(command, { timeoutMs: 1_500 });
    expect(late).toMatchObject({ timedOut: true, exitCode: 7 });
    expect(contents(world, 'cleaned')).toBe('cleaned\n');
    expect(running(seconds)).toEqual([]);

    writeFileSync(join(world.work.path, 'up'), '');
    const cancel = new AbortController();
    const cancelled = world.sh(command, { signal: cancel.signal });
    await until(() => contents(world, 'up') === 'up\n');
    cancel.abort();
    expect(await cancelled).toMatchObject({ cancelled: true });
    expect(running(seconds)).toEqual([]);
  });

  it('is killed with all it has started when it ignores TERM', async () => {
    const { sh } = await createContainedWorld();
    const seconds = mark();
    const command = `trap '' TERM; ${daemons(seconds)} while :; do sleep 1; done`;
    expect(await sh(command, { timeoutMs: 800, graceMs: 200 })).toMatchObject({ timedOut: true });
    expect(running(seconds)).toEqual([]);
  });

  it('is contained the same by a process host, and ends when the host is killed', async () => {
    host = installProcessHost();
    const world = await createContainedWorld();
    const seconds = mark();
    expect((await world.sh(`ls ${world.home} || echo hidden`)).stdout).toBe('hidden\n');
    const lost = expect(world.sh(`${daemons(seconds)} sleep ${seconds}`)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await until(() => running(`sleep ${seconds}`).length >= 4);
    process.kill(ownHost(), 'SIGKILL');
    await lost;
    await until(() => running(`sleep ${seconds}`).length === 0);
  });

  it('that a killed worker has left is found by its mark', async () => {
    const world = await createContainedWorld();
    const seconds = mark();
    const ended = world.sh(`setsid sleep ${seconds}`, {
      env: { PATH: process.env['PATH'] ?? '', FERMATA_HOST: `contained-${seconds}` },
    });
    await until(() => running(`sleep ${seconds}`).length > 0);
    expect(await endMarkedProcesses('FERMATA_HOST', `contained-${seconds}`)).toBeGreaterThan(0);
    await ended;
    expect(running(`sleep ${seconds}`)).toEqual([]);
  });

  it('that is not there is named, and one in a sandbox that cannot be made has not failed', async () => {
    const world = await createContainedWorld();
    await expect(world.sh('no-such-program', { shell: false })).rejects.toMatchObject({ code: 'missing_program' });
    const hidden = join(world.home, 'tool');
    writeFileSync(hidden, '#!/bin/sh\n', { mode: 0o755 });
    await expect(world.sh(hidden, { shell: false })).rejects.toMatchObject({ code: 'missing_program' });
    const broken = world.sandboxes.within({ worktreeId: 'task_1', purpose: 'work' }, ({ env, sandbox }) => {
      const missing = { source: join(world.root, 'missing'), target: '/missing' };
      const profile = { ...sandbox!, writable: [...sandbox!.writable, missing] };
      return runProcess({ command: 'true', shell: true, cwd: world.work.path, env, sandbox: profile });
    });
    await expect(broken).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('cannot type into the terminal of whoever started Fermata', async () => {
    const world = await createContainedWorld();
    await world.sandboxes.within({ worktreeId: 'task_1', purpose: 'work' }, async (place) => {
      // TIOCSTI, 0x5412: a program puts characters into the input of its terminal.
      const inject = `perl -e 'for my $f (*STDIN, *STDOUT) { ioctl($f, 0x5412, my $c = "x") and print "typed" } open(my $t, "<", "/dev/tty") or print "no terminal"; ioctl($t, 0x5412, my $c = "x") and print "typed"'`;
      const order = JSON.stringify({ command: inject, shell: true, cwd: world.work.path, ...place });
      const program = new URL('../../dist/processes/index.js', import.meta.url).href;
      const runner = join(world.root, 'runner.mjs');
      writeFileSync(
        runner,
        `import { runProcess } from '${program}';\nconst { output } = await runProcess(${order});\nconsole.log('said:' + output);\n`,
      );
      const terminal = spawn('script', ['-qec', `${process.execPath} ${runner}`, '/dev/null'], { stdio: 'pipe' });
      let seen = '';
      terminal.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      await once(terminal, 'close');
      expect(seen).toContain('said:no terminal');
      expect(seen).not.toContain('typed');
    });
  });

  it('starts together with twenty others, and each is whole', async () => {
    const { sh } = await createContainedWorld();
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => sh(`echo ${n}`)));
    expect(results.map(({ stdout }) => stdout)).toEqual(results.map((_, n) => `${n}\n`));
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain('/run/fermata');
  });
});
