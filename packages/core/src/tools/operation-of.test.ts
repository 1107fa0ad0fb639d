import { describe, expect, it } from 'vitest';
import { operationOf } from './operation-of.js';
import { toolsFor } from './toolset.js';

describe('what a call is about to do', () => {
  it('is a command for bash, and a path for everything that touches files', () => {
    expect(operationOf('bash', { command: 'npm test' })).toEqual({
      kind: 'command',
      tool: 'bash',
      commandLine: 'npm test',
    });
    expect(operationOf('edit', { path: 'a.ts', old_string: 'a', new_string: 'b' })).toMatchObject({
      kind: 'write',
      path: 'a.ts',
    });
    expect(operationOf('grep', { pattern: 'x' })).toMatchObject({ kind: 'read', path: '.' });
  });

  it('is known of every tool that does something, so that none passes unjudged', () => {
    const input = { command: 'true', path: 'a' };
    const unjudged = toolsFor('work').filter(({ name, class: of }) => of !== 'control' && !operationOf(name, input));
    expect(unjudged.map(({ name }) => name)).toEqual([]);
  });
});
