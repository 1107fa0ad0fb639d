import { describe, expect, it } from 'vitest';
import { decideLine, policyOf } from '../policy.fixture.js';

const full = policyOf([], 'full');

/** Lines made to take long. A limit that only a broken bound passes, also on a slow machine. */
const patience = 5_000;

describe('a command line that is made to take long', () => {
  it.each<[string, string]>([
    ['values that double', `a=xxxxxxxxxx; ${'a=$a$a; '.repeat(60)} echo $a`],
    ['words that double', `a=(x y); ${'a=("${a[@]}" "${a[@]}"); '.repeat(60)} echo "\${a[@]}"`],
    ['sources that double', `a=$(b); ${'a=$a$a; '.repeat(60)} echo "$a"`],
    [
      'functions that call each other twice',
      `${Array.from({ length: 30 }, (_, i) => `f${i}() { f${i + 1}; f${i + 1}; }; `).join('')} f0`,
    ],
    [
      'loops within loops',
      `${Array.from({ length: 8 }, (_, i) => `for v${i} in 1 2 3 4 5 6 7 8; do `).join('')} x ${'; done'.repeat(8)}`,
    ],
    ['braces within braces', `echo ${'{a,b}'.repeat(30)}`],
    ['scripts that unpack scripts', `a='${'x; '.repeat(3_000)}'; ${'eval "$a"; '.repeat(200)}`],
    ['a long word of brackets', `echo ${'['.repeat(50_000)}`],
    ['many open quotes of other languages', `python3 -c '${'%( '.repeat(20_000)}'`],
    ['many comments of SQL', `psql -c "${'/* '.repeat(30_000)}"`],
    ['a script of sed', `sed '${'s,\\(.\\)'.repeat(5_000)}'`],
    ['many blank lines', `ed x <<E\n${'\n'.repeat(50_000)}E`],
    ['a long name', `${'a'.repeat(100_000)}=b`],
    ['many pipes', `${'a | '.repeat(3_000)} b`],
    ['many substitutions in one another', `${'$(echo '.repeat(100)}x${')'.repeat(100)}`],
  ])('is decided in time: %s', (_, line) => {
    const start = performance.now();
    decideLine(full, line);
    expect(performance.now() - start).toBeLessThan(patience);
  });

  it('is asked about when it cannot be followed to its end', () => {
    const line = `${'for i in 1 2 3 4 5 6 7 8; do '.repeat(5)} x ${'; done'.repeat(5)}; rm -rf build`;
    expect(decideLine(full, line)).toMatchObject({ effect: 'ask', rule: 'unparsed' });
    expect(decideLine(full, 'x '.repeat(150_000))).toMatchObject({ effect: 'ask', rule: 'unparsed' });
  });
});
