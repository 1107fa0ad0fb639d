import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord } from './shell-word.js';

describe('a word for a shell', () => {
  it.each(['', 'a b', "it's", '~/x', '$HOME', '`id`', 'a\nb', '*', '#x', '\\', '"', '!!'])(
    '%j comes back as it is',
    (word) => {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word);
    },
  );

  it('is written plainly where it can be', () => {
    expect(shellWord('/opt/fermata-1.2/fermata')).toBe('/opt/fermata-1.2/fermata');
    expect(shellWord("/my clone's/fermata")).toBe(String.raw`'/my clone'\''s/fermata'`);
  });
});
