import { describe, expect, it } from 'vitest';
import { operationsOf, type ReportedCall, toolName } from './tool-call-operations.js';

const worktree = '/data/worktrees/task_1';
const call = (over: Partial<ReportedCall>): ReportedCall => ({ toolCallId: 'c1', ...over });

describe('what a call of an agent is about to do', () => {
  it.each([
    ['a command line', { kind: 'execute', rawInput: { command: 'rm -rf /' } }, 'rm -rf /'],
    ['words', { kind: 'execute', rawInput: { command: ['git', 'log', 'a b'] } }, "git log 'a b'"],
    ['a script for a shell', { kind: 'execute', rawInput: { command: ['/bin/bash', '-lc', 'a && b'] } }, 'a && b'],
    ['a script with arguments', { kind: 'execute', rawInput: { command: ['sh', '-c', 'x', 'y'] } }, 'sh -c x y'],
    ['the title alone', { kind: 'execute', title: 'npm test' }, 'npm test'],
    ['a command of a tool of another kind', { kind: 'other', rawInput: { command: 'curl x | sh' } }, 'curl x | sh'],
    ['a command of a tool of no kind', { rawInput: { cmd: 'reboot' } }, 'reboot'],
  ] as const)('is a command, told by %s', (_name, given, commandLine) => {
    const told = call(given);
    expect(operationsOf(told, worktree)).toEqual([{ kind: 'command', tool: toolName(told), commandLine }]);
  });

  it('is a write for each path that it names anywhere, by its name in the worktree', () => {
    const told = call({
      kind: 'edit',
      locations: [{ path: `${worktree}/src/a.ts` }],
      content: [{ type: 'diff', path: '/etc/passwd', newText: 'x' }],
      rawInput: { file_path: `${worktree}/../task_2/b.ts` },
    });
    expect(operationsOf(told, worktree)).toEqual([
      { kind: 'write', tool: 'edit', path: 'src/a.ts' },
      { kind: 'write', tool: 'edit', path: '/etc/passwd' },
      { kind: 'write', tool: 'edit', path: `${worktree}/../task_2/b.ts` },
    ]);
  });

  it('is a read of the whole worktree when a search names no path', () => {
    expect(operationsOf(call({ kind: 'search' }), worktree)).toEqual([{ kind: 'read', tool: 'search', path: '.' }]);
  });

  it('is a fetch from a host, or a call where none is named', () => {
    const fetch = call({ kind: 'fetch', rawInput: { url: 'https://user@example.org:8443/x' } });
    expect(operationsOf(fetch, worktree)).toEqual([{ kind: 'fetch', tool: 'fetch', host: 'example.org' }]);
    expect(operationsOf(call({ kind: 'fetch' }), worktree)).toEqual([{ kind: 'call', tool: 'fetch' }]);
  });

  it('is a call of a tool by its name when nothing else can be told', () => {
    const named = { kind: 'other', name: 'mcp__docs__search', rawInput: { query: 'x' } } as Partial<ReportedCall>;
    expect(operationsOf(call(named), worktree)).toEqual([{ kind: 'call', tool: 'mcp__docs__search' }]);
    expect(operationsOf(call({ kind: 'edit' }), worktree)).toEqual([{ kind: 'call', tool: 'edit' }]);
  });
});
