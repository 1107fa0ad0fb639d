import { afterEach, describe, expect, it } from 'vitest';
import { createPatternMatcher, type PatternMatcher } from './pattern-matcher.js';

const open: PatternMatcher[] = [];
const matcher = (source: string, options: { flags?: string; timeLimitMs?: number; signal?: AbortSignal } = {}) => {
  const { flags = '', timeLimitMs = 20_000, ...rest } = options;
  const created = createPatternMatcher({ source, flags }, { timeLimitMs, ...rest });
  open.push(created);
  return created;
};

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

describe('a pattern matcher', () => {
  it('names the lines that match, counts all and returns no more than asked', async () => {
    const found = await matcher('b+$').matchLines(['ab\r\nxx\nabb', 'none', 'b\nb\nb'], 2);
    expect(found).toEqual([
      {
        count: 2,
        matches: [
          { line: 1, column: 1 },
          { line: 3, column: 1 },
        ],
      },
      { count: 0, matches: [] },
      {
        count: 3,
        matches: [
          { line: 1, column: 0 },
          { line: 2, column: 0 },
        ],
      },
    ]);
  });

  it('answers several questions, one after the other', async () => {
    const numbers = matcher('n=(\\d+)');
    expect(await numbers.lastGroup('n=1 n=2')).toEqual({ found: '2' });
    expect(await numbers.lastGroup('nothing')).toEqual({ found: null, reason: 'no_match' });
    expect(await numbers.lastGroup('n=7')).toEqual({ found: '7' });
  });

  it('says that a pattern has no group', async () => {
    expect(await matcher('\\d+').lastGroup('12')).toEqual({ found: null, reason: 'no_group' });
  });

  it('ends a pattern that would run for ever, without holding up its caller', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 20);
    const slow = matcher('^(a+)+$', { timeLimitMs: 700 });
    await expect(slow.lastGroup(`${'a'.repeat(60)}b`)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('took longer than 0.7 s') as string,
    });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
    await expect(slow.lastGroup('aaa')).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('stops when it is aborted', async () => {
    const abort = new AbortController();
    const answer = matcher('^(a+)+$', { signal: abort.signal }).lastGroup(`${'a'.repeat(60)}b`);
    abort.abort(new Error('stop'));
    await expect(answer).rejects.toThrow('stop');
  });

  it('refuses what is no regular expression', () => {
    expect(() => createPatternMatcher({ source: '(', flags: '' }, { timeLimitMs: 1000 })).toThrow(
      /not a regular expression/,
    );
  });
});
