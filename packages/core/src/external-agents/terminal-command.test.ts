import { describe, expect, it } from 'vitest';
import { terminalCommand } from './terminal-command.js';

const worktree = '/work/tree';
const commandOf = (command: string, more: { args?: string[]; cwd?: string; env?: { name: string; value: string }[] }) =>
  terminalCommand({ sessionId: 's', command, ...more }, worktree);

describe('what a terminal is asked to run', () => {
  it.each([
    ['git', { args: ['status'] }, 'git status'],
    ['echo a | wc', {}, 'echo a | wc'],
    ['/bin/bash', { args: ['-c', 'rm -rf build'] }, 'rm -rf build'],
    ['bash', { args: ['-lc', `cd '/work/tree' && make`] }, 'make'],
    ['bash', { args: ['-c', 'cd /work/tree/sub && make'] }, 'cd /work/tree/sub && make'],
    ['make', { args: ['a b'], cwd: '/work/tree/sub dir' }, `cd 'sub dir' && make 'a b'`],
    ['make', { cwd: '/work/tree/a/..' }, 'make'],
  ])('%s %j is the line %s', (command, more, line) => {
    expect(commandOf(command, more).line).toBe(line);
  });

  it.each(['/work', '/work/tree/../other', '/work/tree2', '..'])('is not run in %s', (cwd) => {
    expect(() => commandOf('make', { cwd })).toThrow('is not in the worktree');
  });

  it('is a shell line without arguments, and a program with them', () => {
    expect(commandOf('a b', {}).program).toMatchObject({ shell: true });
    expect(commandOf('a', { args: ['b'] }).program).toMatchObject({ shell: false, args: ['b'], cwd: worktree });
  });

  it('has no variable that makes it run something else', () => {
    const env = [
      { name: 'LD_PRELOAD', value: './x.so' },
      { name: 'NODE_OPTIONS', value: '--require ./x.js' },
      { name: 'NO_COLOR', value: '1' },
    ];
    expect(commandOf('node', { env }).program.env).toEqual({ NO_COLOR: '1' });
  });
});
