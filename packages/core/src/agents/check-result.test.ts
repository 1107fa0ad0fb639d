import type { Json } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { samplePlan } from '../planning/plan.fixture.js';
import { checkResult } from './check-result.js';

const finding = (severity: string) => ({ file: 'a.ts', line: 3, severity, message: 'Wrong.' });
const review = (verdict: string, ...findings: object[]) => ({ verdict, summary: 'So.', findings }) as unknown as Json;

describe('the result of a run', () => {
  it('is a plan, with the problems of one that cannot run', () => {
    expect(checkResult('plan', samplePlan as unknown as Json)).toEqual({ result: samplePlan });
    const circle = { ...samplePlan, tasks: [{ ...samplePlan.tasks[0], dependsOn: ['fix-parser'] }] };
    expect(checkResult('plan', circle as unknown as Json)).toEqual({
      problems: ['tasks[0].dependsOn: task "fix-parser" depends on itself'],
    });
  });

  it.each(['work', 'repair'] as const)('of %s is a summary', (kind) => {
    expect(checkResult(kind, { summary: ' Done. ' })).toEqual({ result: { summary: 'Done.' } });
    expect(checkResult(kind, { summary: ' ' })).toEqual({ problems: [expect.stringMatching(/^summary: /)] });
    expect(checkResult(kind, null)).toEqual({ problems: [expect.stringMatching(/^the value: /)] });
    expect(checkResult(kind, {})).toHaveProperty('problems');
  });

  it('of a subtask is a summary, and nothing besides where nothing was asked for', () => {
    expect(checkResult('subtask', { summary: ' Found it. ', data: [1] })).toEqual({ result: { summary: 'Found it.' } });
    expect(checkResult('subtask', {})).toEqual({ problems: [expect.stringMatching(/^summary: /)] });
  });

  it('of a subtask has the data that was asked for, as its schema says', () => {
    const schema = { type: 'array', items: { type: 'integer' } } as const;
    const summary = 'Counted.';
    expect(checkResult('subtask', { summary, data: [1, 2] }, schema)).toEqual({ result: { summary, data: [1, 2] } });
    expect(checkResult('subtask', { summary, data: ['1'] }, schema)).toEqual({
      problems: ['data.0: must be integer'],
    });
    expect(checkResult('subtask', { summary }, schema)).toEqual({ problems: ['data: it is missing'] });
  });

  it('of a review is a verdict with findings that agree with it', () => {
    expect(checkResult('review', { verdict: 'approve', summary: 'Fine.' })).toEqual({
      result: { verdict: 'approve', summary: 'Fine.', findings: [] },
    });
    expect(checkResult('review', review('approve', finding('minor')))).toHaveProperty('result.verdict', 'approve');
    expect(checkResult('review', review('request_changes', finding('major')))).toHaveProperty(
      'result.findings.length',
      1,
    );
  });

  it('of a review is no approval with a major finding', () => {
    expect(checkResult('review', review('approve', finding('major')))).toHaveProperty('problems.length', 1);
  });

  it('of a review is refused when it approves in spite of a fault, or asks for nothing', () => {
    expect(checkResult('review', review('approve', finding('minor'), finding('blocker')))).toEqual({
      problems: ['findings[1].severity: "blocker" does not go with the verdict "approve"'],
    });
    expect(checkResult('review', review('request_changes'))).toEqual({
      problems: ['findings: "request_changes" needs at least one'],
    });
    expect(checkResult('review', review('maybe', finding('grave')))).toEqual({
      problems: [expect.stringMatching(/^verdict: /), expect.stringMatching(/^findings\[0\]\.severity: /)],
    });
  });
});
