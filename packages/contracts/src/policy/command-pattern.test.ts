import { describe, expect, it } from 'vitest';
import { parseCommandPattern } from './command-pattern.js';

describe('a pattern over the words of a command', () => {
  it.each([
    ['npm test', { program: ['npm'], words: [['test']] }],
    ['git push *', { program: ['git'], words: [['push'], 'gap'] }],
    ['git * x', { program: ['git'], words: [['', ''], ['x']] }],
    ['a ** b **', { program: ['a'], words: ['gap', ['b'], 'gap'] }],
    ['npm run test:*', { program: ['npm'], words: [['run'], ['test:', '']] }],
    ['* --force', { program: ['', ''], words: [['--force']] }],
    ['a "b c" \'*\' \\* "d"*', { program: ['a'], words: [['b c'], ['*'], ['*'], ['d', '']] }],
    ['  a   b  ', { program: ['a'], words: [['b']] }],
  ])('reads %s', (pattern, expected) => expect(parseCommandPattern(pattern)).toEqual(expected));

  it.each(['', '   ', '"" x', 'a "b', "a 'b", 'a \\'])('refuses %j', (pattern) =>
    expect(parseCommandPattern(pattern)).toBeNull(),
  );
});
