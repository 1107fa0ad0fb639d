import { describe, expect, it } from 'vitest';
import { renderSubject } from './approval.js';
import { uncoloured } from './style.js';

const page = { style: uncoloured, width: 80, now: new Date('2026-01-31T12:00:00.000Z') };

describe('what a decision is about', () => {
  it('shows findings and failed gates one after the other, with the lines of their output', () => {
    const detail = {
      reason: 'review',
      findings: [
        { file: 'a.ts', line: 3, severity: 'blocking', message: 'It loses data.' },
        { file: 'b.ts', line: null, severity: 'minor', message: 'A name.' },
      ],
      gates: [{ name: 'test', command: 'npm test', exitCode: 1, output: 'not ok 1\nnot ok 2\n' }],
    };
    const text = renderSubject({ kind: 'task', detail } as never, page);
    expect(text).toContain('- file: a.ts\n');
    expect(text).toContain('line: 3');
    expect(text).toContain('- file: b.ts\n');
    expect(text).not.toContain('null');
    expect(text).toMatch(/output:\n +not ok 1\n +not ok 2/);
    expect(text).not.toContain('\\n');
  });
});
