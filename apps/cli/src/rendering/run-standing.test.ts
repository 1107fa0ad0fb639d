import { describe, expect, it } from 'vitest';
import { outcomeExitCode } from '../commands/outcome-exit-code.js';
import type { OkrRun } from '../graphql/okr-run.js';
import { anOkrRun } from '../testing/rows.fixture.js';
import { renderOkrRun, renderOkrRuns } from './okr-run.js';
import { uncoloured } from './style.js';

const page = { style: uncoloured, width: 100, now: new Date('2026-01-31T12:00:00.000Z') };
const keyResult = (met: boolean | null) => ({
  ...{ id: 'kr', title: 'Faster', unit: 'ms', direction: 'decrease', target: 10, statedBaseline: 20, baseline: 20 },
  ...{ value: 15, met, measure: { kind: 'manual', question: 'How fast?', command: null, read: null, timeoutMs: null } },
});
const run = (state: string, ...met: (boolean | null)[]) =>
  anOkrRun({ state, report: null, endedAt: null, keyResults: met.map(keyResult) }) as unknown as OkrRun;

describe('a run that did its work and missed a target', () => {
  it('has no check mark and says how many were met', () => {
    const text = renderOkrRun(run('completed', true, false), page);
    expect(text).toMatch(/^◆ /);
    expect(text).toContain('completed, 1 of 2 targets met');
    expect(renderOkrRuns([run('completed', null)], page)).toContain('completed, 0 of 1 targets met');
  });

  it.each([
    ['completed', [true, true], 0],
    ['completed', [true, false], 5],
    ['completed', [null], 5],
    ['failed', [false], 1],
    ['denied', [], 4],
  ] as const)('%s with targets %j exits with %i', (state, met, code) => {
    expect(outcomeExitCode(run(state, ...met))).toBe(code);
  });

  it('is a plain success when all were met', () => {
    const text = renderOkrRun(run('completed', true), page);
    expect(text).toMatch(/^✓ /);
    expect(text).not.toContain('targets met');
  });
});
