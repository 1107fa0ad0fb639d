import { describe, expect, it } from 'vitest';
import { editText, judgeRetry } from './edit-text.js';

const edit = (oldString: string, newString: string, replaceAll = false) => ({ oldString, newString, replaceAll });

describe('editText', () => {
  it('takes places that overlap for more than one', () => {
    expect(editText('aaa', edit('aa', 'b'))).toEqual({ kind: 'several', lines: [1, 1] });
  });

  it('finds text with \\r\\n in a file without', () => {
    expect(editText('a\nb\n', edit('a\r\nb', 'c'))).toEqual({ kind: 'edited', text: 'c\n', lines: [1] });
  });

  it('leaves \\n alone in a file that has both and mostly \\n', () => {
    expect(editText('a\r\nb\nc\n', edit('b\nc', 'd\ne'))).toMatchObject({ text: 'a\r\nd\ne\n' });
  });
});

describe('a retried edit', () => {
  it.each([
    ['was made when only the new text is there', 'x new y', edit('old', 'new'), 'applied'],
    ['was not made when only the old text is there', 'x old y', edit('old', 'new'), 'apply'],
    ['was not made when both are there, apart', 'old and new', edit('old', 'new'), 'apply'],
    ['was not made when neither is there', 'nothing', edit('old', 'new'), 'apply'],
    ['is unclear when the old text is only inside the new one', 'foobar', edit('foo', 'foobar'), 'unclear'],
    ['was not made when the old text is also outside the new one', 'foobar foo', edit('foo', 'foobar'), 'apply'],
    ['was made when the text to delete is gone', 'rest', edit('gone', ''), 'applied'],
    ['is unclear when the text to delete is there', 'old', edit('old', ''), 'unclear'],
    ['was made everywhere', 'new new', edit('old', 'new', true), 'applied'],
    ['is unclear when all are inside new ones', 'f(x) f(x)', edit('x', '(x)', true), 'unclear'],
    ['is seen through \\r\\n', 'a\r\nb\r\n', edit('a\n', 'a\nb\n'), 'unclear'],
    ['is unclear when its ends made the old text anew', '\n\n\n', edit('\n\n\n', '\n\n'), 'unclear'],
  ] as const)('%s', (...[, text, change, verdict]) => {
    expect(judgeRetry(text, change)).toBe(verdict);
  });

  it('is never applied twice, whatever the texts', () => {
    const letters = ['', 'a', 'b', 'ab', 'ba', 'aa', 'bab', 'aab'];
    const texts = letters.flatMap((one) => letters.flatMap((two) => letters.map((three) => one + two + three)));
    for (const text of texts) {
      for (const change of letters.slice(1).flatMap((from) => letters.map((to) => edit(from, to)))) {
        const once = editText(text, change);
        if (once.kind !== 'edited' || change.oldString === change.newString) continue;
        expect({ text, change, verdict: judgeRetry(once.text, change) }).not.toMatchObject({ verdict: 'apply' });
      }
    }
  });
});
