import type { SandboxProfile } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { bubblewrapArguments } from './bubblewrap-arguments.js';

const at = (path: string) => ({ source: path, target: path });
const profile: SandboxProfile = {
  ...{
    program: '/usr/bin/bwrap',
    limiter: null,
    callFilter: null,
    controlGroups: [],
    devices: [],
    links: [{ source: 'usr/bin', target: '/bin' }],
  },
  ...{ readable: [at('/opt/fermata/tools'), at('/usr'), at('/opt')], hidden: ['/opt/fermata'], scratch: ['/tmp'] },
  writable: [at('/opt/fermata/work/worktrees/task_1')],
  guarded: [{ source: '/lent/git-file', target: '/opt/fermata/work/worktrees/task_1/.git' }],
  user: { uid: 1000, gid: 1000 },
  network: 'none',
  limits: { memoryBytes: 1, processes: 2, cpuSeconds: 3, fileBytes: 4 },
};
const command = { cwd: '/opt/fermata/work/worktrees/task_1', words: ['printf', '%s', '--bind'] };
const textOf = (changed: Partial<SandboxProfile> = {}) =>
  bubblewrapArguments({ ...profile, ...changed }, command).join(' ');

describe('the command line of bubblewrap', () => {
  it('isolates whatever the profile says', () => {
    for (const flag of [
      ...['--unshare-user', '--disable-userns', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net'],
      ...['--unshare-cgroup-try', '--cap-drop ALL', '--new-session', '--die-with-parent', '--remount-ro /'],
    ]) {
      expect(textOf()).toContain(flag);
    }
  });

  it('mounts what lies outside before what lies in it, so that hidden folders hide and tools in them are shown', () => {
    const order = ['--ro-bind-try /usr /usr', '--ro-bind-try /opt /opt', '--tmpfs /opt/fermata']
      .concat([
        '--ro-bind-try /opt/fermata/tools',
        '--bind /opt/fermata/work/worktrees/task_1',
        '--ro-bind /lent/git-file',
      ])
      .map((part) => textOf().indexOf(part));
    expect(order).not.toContain(-1);
    expect([...order.slice(1)].sort((a, b) => a - b)).toEqual(order.slice(1));
    expect(textOf()).toContain('--remount-ro /opt/fermata ');
  });

  it('ends in the command as it is, behind a mark that no argument of it can pass', () => {
    expect(textOf()).toMatch(/ --chdir \S+ -- printf %s --bind$/);
  });

  it('has the limits that the kernel keeps put in front of the command', () => {
    expect(textOf({ limiter: '/usr/bin/prlimit' })).toMatch(
      / -- \/usr\/bin\/prlimit --nproc=2 --cpu=3:5 --fsize=4 --core=0 -- printf /,
    );
  });

  it('is refused when something would be mounted where the agent may have left a link', () => {
    const refused = { name: 'DomainError', code: 'internal' };
    const inWorktree = at('/opt/fermata/work/worktrees/task_1/tools');
    expect(() => textOf({ readable: [inWorktree] })).toThrow(expect.objectContaining(refused));
    expect(() => textOf({ writable: [...profile.writable, inWorktree] })).toThrow(expect.objectContaining(refused));
    expect(() => textOf({ hidden: [inWorktree.target] })).toThrow(expect.objectContaining(refused));
    expect(() => textOf({ guarded: [at('/opt/fermata/work/worktrees/task_1/a/b')] })).toThrow(
      expect.objectContaining(refused),
    );
  });
});
