import { describe, expect, it } from 'vitest';
import { EventStreamReader } from './event-stream-reader.js';

function read(text: string, cutAt: (index: number) => boolean): string[] {
  const found: string[] = [];
  const reader = new EventStreamReader((data) => found.push(data));
  let piece: number[] = [];
  for (const [index, byte] of [...Buffer.from(text)].entries()) {
    piece.push(byte);
    if (!cutAt(index)) continue;
    reader.add(Buffer.from(piece));
    piece = [];
  }
  reader.add(Buffer.from(piece));
  reader.end();
  return found;
}

const events = [
  'event: a',
  'data: {"text":"naïve 🎵"}',
  '',
  ': a comment',
  'data:bare',
  '',
  'id: 7',
  'data: one',
  'data: two',
  '',
];

describe('reading an event stream', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('takes %s as line end, cut between any two bytes', (_, end) => {
    const text = events.map((line) => line + end).join('');
    const expected = ['{"text":"naïve 🎵"}', 'bare', 'one\ntwo'];
    for (let cut = 0; cut < Buffer.byteLength(text); cut += 1) {
      expect(read(text, (index) => index === cut)).toEqual(expected);
    }
    expect(read(text, () => true)).toEqual(expected);
  });

  it('gives the last event when the empty line after it is missing', () => {
    expect(read('data: last', () => false)).toEqual(['last']);
    expect(read('data: last\r', () => false)).toEqual(['last']);
  });

  it('gives up on an event that does not end', () => {
    const reader = new EventStreamReader(() => undefined);
    const piece = Buffer.alloc(33 * 1024 * 1024, 'x');
    reader.add(piece);
    expect(() => reader.add(piece)).toThrow(RangeError);
  });
});
