import type { AnswerReader } from './dialects/dialect.js';
import { isObject } from './dialects/json-members.js';
import { EventStreamReader } from './event-stream-reader.js';

/** Listens to an answer that passes by. What it cannot read it leaves alone: the answer goes on all the same. */
export interface AnswerTap {
  add(bytes: Buffer): void;
  end(): void;
}

/** The largest answer that is read when it is not streamed. */
const maxWholeBytes = 64 * 1024 * 1024;

export function tapAnswer(reader: AnswerReader, shape: 'events' | 'whole'): AnswerTap {
  const tap = shape === 'events' ? tapEvents(reader) : tapWhole(reader);
  let readable = true;
  const attempt = (step: () => void): void => {
    if (!readable) return;
    try {
      step();
    } catch {
      readable = false;
    }
  };
  return { add: (bytes) => attempt(() => tap.add(bytes)), end: () => attempt(() => tap.end()) };
}

function tapEvents(reader: AnswerReader): AnswerTap {
  const events = new EventStreamReader((data) => {
    const event: unknown = data === '[DONE]' ? null : JSON.parse(data);
    if (isObject(event)) reader.addEvent(event);
  });
  return { add: (bytes) => events.add(bytes), end: () => events.end() };
}

function tapWhole(reader: AnswerReader): AnswerTap {
  const pieces: Buffer[] = [];
  let size = 0;
  return {
    add: (bytes) => {
      size += bytes.length;
      if (size > maxWholeBytes) throw new RangeError('the answer is too large to be read');
      pieces.push(bytes);
    },
    end: () => {
      const answer: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
      if (isObject(answer)) reader.addWhole(answer);
    },
  };
}
