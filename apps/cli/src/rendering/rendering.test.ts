import { describe, expect, it } from 'vitest';
import { clip, harmless, wrap } from './clip.js';
import { createStyle, uncoloured } from './style.js';
import { columnsOf, renderTable } from './table.js';
import { formatAgo, formatDuration } from './time.js';
import { describeWaiting, releaseCommand, type Waiting } from './waiting.js';

const now = new Date('2026-01-31T12:00:00.000Z');
const budgetId = `bud_${'0'.repeat(26)}`;
const escape = String.fromCharCode(27);

describe('text of others', () => {
  it('cannot colour, move or turn what a person reads', () => {
    expect(harmless(`a${escape}[31mb${escape}[2Kc\rd\u202ee\tf\u0007`)).toBe('abcde  f');
  });

  it('is cut with an ellipsis and kept on one line', () => {
    expect(clip('one two three', 8)).toBe('one two…');
    expect(clip('first\nsecond', 20)).toBe('first');
  });

  it('is wrapped at spaces, and words that are too long are broken', () => {
    expect(wrap('one two three four', 28, '        ')).toBe('        one two three four');
    expect(wrap('x'.repeat(45), 24, '  ').split('\n')).toEqual(
      ['x'.repeat(22), 'x'.repeat(22), 'x'].map((line) => `  ${line}`),
    );
  });
});

describe('a table', () => {
  const columns = [
    { title: 'ID', value: ({ id }: { id: string }) => id },
    { title: 'TITLE', value: ({ title }: { title: string }) => title, flexible: true },
    { title: 'COST', value: () => '$1.00', align: 'right' as const },
  ];
  const rows = [{ id: 'task_1', title: 'A title that is much too long for the room that there is' }];

  it('gives up room in its flexible column alone', () => {
    const [, line = ''] = renderTable(rows, columns, { style: uncoloured, width: 40 }).split('\n');
    expect(columnsOf(line)).toBe(40);
    expect(line).toMatch(/^task_1 {2}A title.*… {2}\$1\.00$/);
  });

  it('is as wide with colours as without', () => {
    const coloured = renderTable(rows, columns, { style: createStyle(true), width: 40 });
    expect(coloured).toContain(escape);
    expect(Math.max(...coloured.split('\n').map(columnsOf))).toBe(40);
  });
});

describe('times', () => {
  it.each([
    [850, '850 ms'],
    [4_200, '4.2 s'],
    [190_000, '3 min 10 s'],
    [7_200_000, '2 h'],
    [273_600_000, '3 d 4 h'],
  ])('%i ms are %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    ['2026-01-31T11:59:59.500Z', 'just now'],
    ['2026-01-31T11:57:00.000Z', '3 min ago'],
    ['2026-02-03T12:00:00.000Z', 'in 3 d'],
  ])('%s is %s', (at, text) => expect(formatAgo(at, now)).toBe(text));
});

describe('what something waits for', () => {
  const apr = `apr_${'0'.repeat(26)}`;
  const waiter = { id: 'okr_1', state: 'running', okrRunId: 'okr_1' };
  const waiting = (over: Partial<Waiting>): Waiting => ({
    ...{ kind: 'human', detail: 'Somebody must decide.', since: '2026-01-31T11:00:00.000Z', subjectId: apr },
    ...{ releasableBy: ['approver'], ...over },
  });

  it('names who can release it, since when, and the command', () => {
    const text = describeWaiting(waiting({}), waiter, { now, width: 80 });
    expect(text).toContain('waits for a person, since 1 h ago: Somebody must decide.');
    expect(text).toContain('can be released by: approver');
    expect(text).toContain(`release it: fermata approve ${apr}`);
  });

  it('says of a run that waits for its subtask where to look, and not that it goes on by itself', () => {
    const subtask = `run_${'0'.repeat(26)}`;
    const asked = waiting({ kind: 'dependency', releasableBy: ['fermata'], subjectId: subtask });
    const text = describeWaiting(asked, waiter, { now, width: 80 });
    expect(text).toContain('waits for its subtask, since 1 h ago');
    expect(text).toContain(`look there: fermata why ${subtask}`);
    expect(text).not.toContain('goes on by itself');
    const task = describeWaiting({ ...asked, subjectId: `task_${'0'.repeat(26)}` }, waiter, { now, width: 80 });
    expect(task).toContain('waits for another task');
    expect(task).toContain('goes on by itself');
  });

  it('tells who has to mend a step that keeps failing how to give it up', () => {
    const retry = { kind: 'retry', detail: 'Running a gate has failed 3 times.', subjectId: null } as const;
    const task = { ...waiter, id: `task_${'0'.repeat(26)}` };
    const text = describeWaiting(waiting({ ...retry, releasableBy: ['operator'] }), task, { now, width: 80 });
    expect(text).toContain('waits for another try, since 1 h ago: Running a gate has failed 3 times.');
    expect(text).toContain(`give it up: fermata cancel ${task.id}`);
    const alone = describeWaiting(waiting({ ...retry, releasableBy: ['fermata'] }), waiter, { now, width: 80 });
    expect(alone).toContain('goes on by itself');
    expect(alone).not.toContain('fermata cancel');
  });

  it.each([
    [{ kind: 'budget' }, {}, 'fermata budget set okr_1 AMOUNT'],
    [{ kind: 'budget', subjectId: budgetId }, {}, `fermata budget set ${budgetId} AMOUNT`],
    [{ kind: 'dependency', subjectId: 'task_2' }, {}, 'fermata why task_2'],
    [{ kind: 'human', subjectId: null }, { state: 'paused' }, 'fermata resume okr_1'],
    [{ kind: 'human', subjectId: null }, {}, 'fermata approve okr_1'],
    [{ kind: 'slot' }, {}, null],
  ] as const)('is released: %j %j by %s', (over, standing, command) => {
    expect(releaseCommand(waiting(over), { ...waiter, ...standing })).toBe(command);
  });
});
