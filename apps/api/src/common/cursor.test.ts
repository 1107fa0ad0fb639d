import { describe, expect, it } from 'vitest';
import { decodeCursor, decodeEventCursor, encodeCursor } from './cursor.js';

describe('a cursor', () => {
  it('comes back as the key it was made of', () => {
    for (const key of ['okr_1', '42', '', 'ä/🎼']) expect(decodeCursor(encodeCursor(key))).toBe(key);
  });

  it.each([
    '',
    '42',
    'okr_1',
    Buffer.from('42').toString('base64url'),
    `${encodeCursor('42')}=`,
    ` ${encodeCursor('1')}`,
  ])('is refused when we did not make it: %j', (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  it('of the event log is a number, and that of another list is refused there', () => {
    expect(decodeEventCursor(encodeCursor('12345678901234567'))).toBe(12345678901234567n);
    for (const key of ['okr_1', '-1', '1.5', ''])
      expect(() => decodeEventCursor(encodeCursor(key))).toThrow('another list');
  });
});
