import type { ValueReader } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { readValue, tasksMerged } from './index.js';

const read = (reader: ValueReader, stdout: string, exitCode: number | null = 0) =>
  readValue(reader, { exitCode, stdout });
const failure = (message: string | RegExp) => ({
  code: 'measure_failed',
  message: expect.stringMatching(message) as string,
});

describe('an exit code', () => {
  it('is 1 for success and 0 for failure', async () => {
    expect(await read({ type: 'exit_code' }, '')).toBe(1);
    expect(await read({ type: 'exit_code' }, '', 1)).toBe(0);
    expect(await read({ type: 'exit_code' }, '', 255)).toBe(0);
  });

  it('is no value when the command never ran or was killed', async () => {
    await expect(read({ type: 'exit_code' }, '', 127)).rejects.toMatchObject(failure('could not be started'));
    await expect(read({ type: 'exit_code' }, '', 126)).rejects.toMatchObject(failure('could not be started'));
    await expect(read({ type: 'exit_code' }, '', null)).rejects.toMatchObject(failure('signal'));
  });
});

describe('a regular expression', () => {
  const match = (pattern: string, stdout: string, exitCode?: number) =>
    read({ type: 'regex', pattern }, stdout, exitCode);

  it('gives the first group of the last match, whatever the exit code', async () => {
    expect(await match('(\\d+) of (\\d+)', '1 of 9\n3 of 9\n', 1)).toBe(3);
    expect(await match('^total: (.*)$', 'x\ntotal: -1.5e3\r\ny'.replace('\r', ''))).toBe(-1500);
    expect(await match('cov: (\\S+)%', 'cov: \u001b[32m87.5\u001b[39m%')).toBe(87.5);
    expect(await match('=(.+)', '= .5 ')).toBe(0.5);
  });

  it.each(['', ' ', 'NaN', 'Infinity', '0x10', '1,234', '1_000', '12abc', '1e999', '--1'])(
    'takes %j for no number',
    async (text) => {
      await expect(match('<(.*)>', `<${text}>`)).rejects.toMatchObject(failure(/not a number|too large/));
    },
  );

  it('fails when nothing matches, and shows what was printed', async () => {
    await expect(match('n=(\\d+)', 'something else', 2)).rejects.toMatchObject(
      failure('matched nothing in "something else" \\(exit code 2\\)'),
    );
    await expect(match('n=(\\d+)', '')).rejects.toMatchObject(failure('an empty stdout'));
  });

  it('fails when it captures nothing', async () => {
    await expect(match('\\d+', '12')).rejects.toMatchObject(failure('in parentheses'));
    await expect(match('a|(\\d)', '1 a')).rejects.toMatchObject(failure('in parentheses'));
  });

  it('fails when it is none', async () => {
    await expect(match('(', 'x')).rejects.toMatchObject(failure('not a regular expression'));
  });

  it('cannot hang its caller', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 50);
    await expect(match('^(a+)+$', `${'a'.repeat(60)}!`)).rejects.toMatchObject(failure('took longer than'));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });
});

describe('a JSON pointer', () => {
  const point = (pointer: string, value: unknown) =>
    read({ type: 'json_pointer', pointer }, typeof value === 'string' ? value : JSON.stringify(value), 1);

  it('leads to a number, or a text that is one', async () => {
    expect(await point('/total/lines/pct', { total: { lines: { pct: 87.5 } } })).toBe(87.5);
    expect(await point('/1/n', [0, { n: '12' }])).toBe(12);
    expect(await point('', '\uFEFF 42\n')).toBe(42);
    expect(await point('/a~1b/~0/~01/', { 'a/b': { '~': { '~1': { '': 1 } } } })).toBe(1);
  });

  it.each([
    ['/a/b', { a: {} }, 'has no /a/b'],
    ['/a/b', { a: null }, 'has no /a/b'],
    ['/length', [1, 2], 'has no /length'],
    ['/01', [1, 2], 'has no /01'],
    ['/-', [1, 2], 'has no /-'],
    ['/2', [1, 2], 'has no /2'],
    ['/__proto__', {}, 'has no /__proto__'],
    ['/constructor/length', {}, 'has no /constructor'],
    ['/a', { a: null }, 'is "null", which is not a number'],
    ['/a', { a: true }, 'which is not a number'],
    ['/a', { a: [1] }, 'which is not a number'],
    ['/a', { a: '12 %' }, 'which is not a number'],
    ['/a', '{"a": 1e999}', 'too large'],
    ['/a', '> pkg@1.0.0 coverage\n{"a": 1}', 'stdout is not JSON'],
    ['', '', 'an empty stdout'],
  ])('%s fails on %j', async (pointer, value, message) => {
    await expect(point(pointer, value)).rejects.toMatchObject(failure(message));
  });
});

describe('tasks merged', () => {
  it('are told in percent of those planned', () => {
    expect(tasksMerged({ merged: 3, planned: 4 })).toBe(75);
    expect(tasksMerged({ merged: 0, planned: 2 })).toBe(0);
    expect(tasksMerged({ merged: 5, planned: 5 })).toBe(100);
  });

  it.each([
    [0, 0],
    [3, 2],
    [-1, 2],
    [1.5, 2],
    [Number.NaN, 2],
  ])('cannot be %s of %s', (merged, planned) => {
    expect(() => tasksMerged({ merged, planned })).toThrow(/cannot be told in percent/);
  });
});
