import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProcess } from '../processes/index.js';
import { type ContainedWorld, createContainedWorld } from './contained-world.fixture.js';

/** What a command printed and how it ended, in one text for a failure to show. */
async function attempt({ sh }: ContainedWorld, command: string) {
  const { exitCode, output } = await sh(command);
  return { succeeded: exitCode === 0, output };
}

/** Each of these must fail. */
async function expectRefused(world: ContainedWorld, commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    const { succeeded, output } = await attempt(world, command);
    expect(succeeded, `${command}\n${output}`).toBe(false);
  }
}

describe('what a contained program sees of the files', () => {
  it('is its worktree, which it can change, under its own path', async () => {
    const { sh, work } = await createContainedWorld();
    const { exitCode, stdout } = await sh('pwd; cat a.txt; mkdir sub; echo made > sub/made');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${work.path}\none\ntwo\nthree\n` });
    expect(work.read('sub/made')).toBe('made\n');
  });

  it('is nothing of the data directory, the home, other worktrees and the mirror', async () => {
    const world = await createContainedWorld();
    const { dataDir, home, secret, git_: git, base } = world;
    await git.prepareWorktree({
      ...{ repositoryId: 'repo_1', worktreeId: 'task_2', branch: 'fermata/other', baseCommit: base },
    });
    await expectRefused(world, [
      `cat ${join(dataDir, 'postgres-password')}`,
      `cat ${join(home, '.ssh', 'id_ed25519')}`,
      `cat ~/.ssh/id_ed25519`,
      `ls ${join(dataDir, 'worktrees', 'task_2')}`,
      `ls ${join(dataDir, 'mirrors')}`,
      `ls ${join(dataDir, 'git')}`,
      'ls /etc/shadow',
      'ls /etc/ssh',
      'ls /var/run/docker.sock /run/docker.sock',
    ]);
    expect((await attempt(world, `ls ${join(dataDir, 'worktrees')}`)).output).toBe('task_1\n');
    const everywhere = `grep -rl ${secret} /etc /home /run /tmp /var 2>/dev/null`;
    expect((await attempt(world, everywhere)).output).toBe('');
  });

  it('cannot be written outside of the worktree, by no path and through no link', async () => {
    const world = await createContainedWorld();
    const { work, root, dataDir } = world;
    writeFileSync(join(root, 'victim'), 'whole\n');
    mkdirSync(join(root, 'folder'));
    symlinkSync(join(root, 'victim'), join(work.path, 'link'));
    symlinkSync(join(root, 'folder'), join(work.path, 'folder'));
    await expectRefused(world, [
      'touch /usr/bin/planted',
      'touch /etc/planted',
      'touch /planted',
      'touch /dev/planted',
      'echo 0 > /etc/passwd',
      'rm .git',
      'mv .git elsewhere',
      'echo x > .git',
      'ln -sf /usr .git',
    ]);
    // What is not shown may be made inside: it is not the same, and gone at the end.
    for (const path of ['link', 'folder/planted', join(root, 'victim'), join(dataDir, 'worktrees', 'planted')]) {
      await world.sh(`echo x > ${path}`);
    }
    expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('whole\n');
    expect(existsSync(join(dataDir, 'worktrees', 'planted'))).toBe(false);
    expect(existsSync(join(root, 'folder', 'planted'))).toBe(false);
    expect(work.git('status', '--porcelain')).toBe('?? folder\n?? link');
  });

  it('has a home and temporary files of its own, which its next command finds again and other worktrees do not', async () => {
    const world = await createContainedWorld();
    const { sh, git_: git, base, sandboxes } = world;
    expect((await sh('echo kept > ~/kept && mktemp && echo $HOME $TMPDIR')).exitCode).toBe(0);
    expect((await sh('cat ~/kept')).stdout).toBe('kept\n');
    const other = { repositoryId: 'repo_1', worktreeId: 'task_2', branch: 'fermata/other', baseCommit: base };
    const { path: cwd } = await git.prepareWorktree(other);
    const elsewhere = await sandboxes.within({ worktreeId: 'task_2', purpose: 'work' }, (place) =>
      runProcess({ command: 'cat ~/kept', shell: true, cwd, ...place }),
    );
    expect(elsewhere.exitCode).not.toBe(0);
    await git.releaseWorktree({ repositoryId: 'repo_1', worktreeId: 'task_1' });
    expect(existsSync(git.sandboxFolder('task_1'))).toBe(false);
  });
});

describe('a folder that is shared', () => {
  it('can be changed by the programs of every worktree, and leads nowhere else', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fermata-shared-')));
    const world = await createContainedWorld({ writable: [folder] });
    symlinkSync(world.home, join(folder, 'home'));
    expect((await world.sh(`echo kept > ${folder}/kept`)).exitCode).toBe(0);
    expect((await world.sh(`cat ${folder}/kept`)).stdout).toBe('kept\n');
    await expectRefused(world, [`cat ${folder}/home/.ssh/id_ed25519`]);
    rmSync(folder, { recursive: true });
  });
});

describe('what a contained program can do to the machine', () => {
  it('does not include seeing or ending a process outside', async () => {
    const world = await createContainedWorld();
    const secret = 'worker-secret-0815';
    const outside = spawn('sleep', ['60'], { env: { ...process.env, MODEL_KEY: secret }, stdio: 'ignore' });
    const { output } = await attempt(
      world,
      `ps -e -o args; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; ls /proc/${process.pid}; kill -9 ${outside.pid}`,
    );
    expect(output).not.toContain(secret);
    expect(output).not.toContain('vitest');
    expect(outside.exitCode).toBeNull();
    expect(outside.signalCode).toBeNull();
    outside.kill('SIGKILL');
  });

  it('does not lead to the root folder of the machine by way of /proc', async () => {
    const world = await createContainedWorld();
    const { output } = await attempt(
      world,
      'for root in /proc/[0-9]*/root /proc/[0-9]*/cwd; do ls -d $root/proc/../var $root/oldroot; cat $root/../../../../etc/shadow; done; ls /proc/1/root/',
    );
    expect(output).not.toContain('root:');
    expect(output).not.toMatch(/^\/proc\/.*(var|oldroot)$/m);
  });

  it('does not include mounting, unmounting, new namespaces and device files', async () => {
    const world = await createContainedWorld();
    await expectRefused(world, [
      'mount -t tmpfs none /tmp',
      'mount -o remount,rw /usr',
      'mount -o remount,rw /',
      'umount .git',
      'unshare --user --map-root-user true',
      'unshare --mount true',
      'nsenter --target 1 --mount true',
      'chroot / true',
      'mknod disk b 8 0',
      'mknod mem c 1 1',
      'bwrap --ro-bind / / true',
    ]);
  });

  it('does not include settings of the kernel and the modes of device files, not even for root', async () => {
    const world = await createContainedWorld();
    const before = statSync('/dev/null').mode;
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
    await expectRefused(world, [
      'cat /proc/sys/kernel/core_pattern > /proc/sys/kernel/core_pattern',
      'cat /proc/sys/kernel/sysrq > /proc/sys/kernel/sysrq',
      'echo h > /proc/sysrq-trigger',
      // As they are already: should it succeed, nothing is harmed.
      'chmod 666 /dev/null',
      'chmod 666 /dev/tty',
      'cat /proc/kcore',
      'cat /dev/mem',
      'dmesg',
    ]);
    expect(statSync('/dev/null').mode).toBe(before);
    expect(readFileSync('/proc/sys/kernel/core_pattern', 'utf8')).toBe(pattern);
    expect((await attempt(world, 'echo x > /dev/null && head -c 4 /dev/urandom | wc -c')).output.trim()).toBe('4');
  });

  it('is done without any privilege, and none can be gained', async () => {
    const world = await createContainedWorld();
    const { output } = await attempt(world, 'cat /proc/self/status; id -u');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(output).toMatch(new RegExp(`^${set}:\\s0+$`, 'm'));
    }
    expect(output).toMatch(/^NoNewPrivs:\s1$/m);
    expect(output.trim().split('\n').at(-1)).not.toBe('0');
  });
});
