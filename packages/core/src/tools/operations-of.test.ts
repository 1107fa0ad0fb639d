import { describe, expect, it } from 'vitest';
import { operationsOf } from './operations-of.js';
import { toolsFor } from './toolset.js';

const patch = [
  '*** Begin Patch',
  '*** Update File: a.ts',
  '*** Move to: b.ts',
  '-x',
  '+y',
  '*** Delete File: c.ts',
  '*** End Patch',
].join('\n');

describe('what a call is about to do', () => {
  it('is a command for bash, a path for everything that touches files, a host for the web', () => {
    expect(operationsOf('bash', { command: 'npm test' })).toEqual([
      { kind: 'command', tool: 'bash', commandLine: 'npm test' },
    ]);
    for (const tool of ['edit', 'multi_edit', 'write']) {
      expect(operationsOf(tool, { path: 'a.ts' })).toEqual([{ kind: 'write', tool, path: 'a.ts' }]);
    }
    expect(operationsOf('grep', { pattern: 'x' })).toMatchObject([{ kind: 'read', path: '.' }]);
    expect(operationsOf('web_fetch', { url: 'https://Docs.Example.org:8080/x' })).toEqual([
      { kind: 'fetch', tool: 'web_fetch', host: 'docs.example.org' },
    ]);
  });

  it('is a write of each file that a patch names, old and new names alike', () => {
    const written = operationsOf('apply_patch', { patch });
    expect(written.map((one) => ('path' in one ? `${one.kind} ${one.path}` : ''))).toEqual([
      'write a.ts',
      'write b.ts',
      'write c.ts',
    ]);
  });

  it('is known of every tool that does something, so that none passes unjudged', () => {
    const input = { command: 'true', path: 'a', patch, url: 'https://a.example/' };
    const harmless = ['read_output', 'bash_output', 'bash_stop', 'todo', 'report_progress'];
    const unjudged = toolsFor('work').filter(
      ({ name, class: of }) => of !== 'control' && operationsOf(name, input).length === 0,
    );
    expect(unjudged.map(({ name }) => name)).toEqual(harmless);
  });
});
