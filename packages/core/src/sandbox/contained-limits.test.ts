import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../tools/index.js';
import { type ContainedWorld, createContainedWorld, thisMachine } from './contained-world.fixture.js';
import type { ContainmentReport } from './detect-containment.js';

const megabyte = 1024 * 1024;

/** Takes memory until it is stopped, 16 MB at a time, and says how much it has. */
const eater = `node -e 'const kept = []; setInterval(() => { kept.push(Buffer.alloc(16e6, 1)); console.log(kept.length * 16) }, 5)'`;

const lastOf = (output: string): number => Number(output.match(/^\d+$/gm)?.at(-1));

let machine: ContainmentReport;
beforeAll(async () => void (machine = await thisMachine()));

/** Two ways to see to memory and processes: by the kernel where it can, and by looking. Both are to hold. */
describe.each(['as this machine does it', 'by looking'])('limits, kept %s', (how) => {
  const worldOf = (limits: object): Promise<ContainedWorld> =>
    createContainedWorld({ limits, report: how === 'by looking' ? { ...machine, controlGroups: [] } : machine });

  it('end what takes too much memory, in one process', async () => {
    const { sh } = await worldOf({ memoryBytes: 300 * megabyte });
    const { output, exceeded, timedOut } = await sh(eater);
    expect({ exceeded, timedOut }).toEqual({ exceeded: 'memoryBytes', timedOut: false });
    expect(lastOf(output)).toBeGreaterThan(100);
    expect(lastOf(output)).toBeLessThan(1_500);
  });

  it('end what takes too much memory in many, none of which takes much', async () => {
    const { sh } = await worldOf({ memoryBytes: 400 * megabyte });
    const small = `node -e 'const kept = Buffer.alloc(80e6, 1); setTimeout(() => kept, 60000)'`;
    const { exceeded, timedOut } = await sh(`for n in 1 2 3 4 5 6 7 8; do ${small} & sleep 0.2; done; wait`);
    expect({ exceeded, timedOut }).toEqual({ exceeded: 'memoryBytes', timedOut: false });
  });

  it('leave alone what shares its memory', async () => {
    const { sh } = await worldOf({ memoryBytes: 500 * megabyte });
    const sharing = `import os, time
kept = bytearray(150 * 1024 * 1024)
children = []
for n in range(6):
    pid = os.fork()
    if pid == 0:
        time.sleep(1.5); os._exit(0)
    children.append(pid)
for pid in children: os.waitpid(pid, 0)
print("done")`;
    const { output, exceeded } = await sh(`python3 -`, { stdin: sharing });
    expect({ output, exceeded }).toEqual({ output: 'done\n', exceeded: undefined });
  });

  it('stop a fork bomb', async () => {
    const { sh } = await worldOf({ processes: 60 });
    // Each generation ends by itself: should nothing stop it, it is over after a while.
    const bomb = `bomb() { [ "$1" -gt 0 ] || { sleep 3; return; }; bomb $(($1 - 1)) & bomb $(($1 - 1)) & wait; }; bomb 9; echo survived`;
    const { exitCode, exceeded, output, timedOut } = await sh(bomb);
    expect(timedOut).toBe(false);
    expect(exitCode !== 0 || exceeded === 'processes' || /fork/i.test(output), output).toBe(true);
    expect((await sh('echo again')).stdout).toBe('again\n');
  });
});

describe('limits of one process', () => {
  const smallFiles = (): Promise<ContainedWorld> => createContainedWorld({ limits: { fileBytes: 2 * megabyte } });

  it('keep a file from filling the disk', async () => {
    const world = await smallFiles();
    const { exitCode, exceeded } = await world.sh('head -c 50000000 /dev/zero > large');
    expect({ exitCode, exceeded }).toEqual({ exitCode: 153, exceeded: 'fileBytes' });
    expect(statSync(join(world.work.path, 'large')).size).toBe(2 * megabyte);
    const raised = await world.sh('ulimit -f unlimited; head -c 50000000 /dev/zero > larger');
    expect(raised.exitCode).not.toBe(0);
    expect(statSync(join(world.work.path, 'larger')).size).toBeLessThanOrEqual(2 * megabyte);
  });

  it('keep a program from running for ever', async () => {
    const { sh } = await createContainedWorld({ limits: { cpuSeconds: 1 } });
    const { exceeded, timedOut } = await sh('while :; do :; done');
    expect({ exceeded, timedOut }).toEqual({ exceeded: 'cpuSeconds', timedOut: false });
  });

  it('keep it from filling memory by way of files in memory', async () => {
    const { sh } = await createContainedWorld({
      limits: { fileBytes: 8 * 1024 * megabyte, memoryBytes: 2048 * megabyte },
    });
    const { output } = await sh('head -c 400000000 /dev/zero > /dev/shm/large; ls -s --block-size=1M /dev/shm');
    expect(output).toContain('No space left on device');
    const everywhere = 'for folder in / /dev /run /home /etc /root; do echo x > $folder/planted && echo written; done';
    expect((await sh(everywhere)).output).not.toMatch(/^written$/m);
  });

  it('are told to the model in words', async () => {
    const world = await smallFiles();
    const told = await world.sandboxes.within({ worktreeId: 'task_1', purpose: 'work' }, (place) =>
      runTool(
        { kind: 'work', name: 'bash', input: { command: 'head -c 50000000 /dev/zero > large' } },
        { worktree: world.work.path, ...place, signal: new AbortController().signal, outputCapBytes: 4096 },
      ),
    );
    expect(told).toMatchObject({ isError: true, errorCode: 'command_failed' });
    expect(told.text).toContain('larger file than its sandbox allows');
  });
});

describe('control groups', () => {
  it('are gone when what was in them is', async () => {
    const { sh } = await createContainedWorld();
    await sh('setsid sleep 60 & true');
    await expect(sh('no-such-program', { shell: false })).rejects.toMatchObject({ code: 'missing_program' });
    for (const { folder } of machine.controlGroups) {
      const mine = readdirSync(folder).filter((name) => name.startsWith(`${process.pid}-`));
      expect(mine).toEqual([]);
    }
  });
});
