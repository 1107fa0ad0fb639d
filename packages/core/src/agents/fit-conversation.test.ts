import type { Message } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { fitConversation } from './fit-conversation.js';

const text = (body: string) => ({ type: 'text', text: body }) as const;

/** A brief and so many turns of one call, each answered with `size` characters. */
function conversation(turns: number, size: number): Message[] {
  const messages: Message[] = [{ role: 'user', blocks: [text('Do it.')] }];
  for (let turn = 0; turn < turns; turn += 1) {
    const callId = `call_${turn}`;
    const result = { type: 'tool_result', callId, text: `${turn}:`.padEnd(size, 'x'), isError: false } as const;
    messages.push({ role: 'assistant', blocks: [{ type: 'tool_call', callId, name: 'read', input: { turn } }] });
    messages.push({ role: 'user', blocks: [result] });
  }
  return messages;
}

const results = (messages: readonly Message[]) =>
  messages.flatMap(({ blocks }) => blocks.flatMap((block) => (block.type === 'tool_result' ? block.text : [])));
const gone = (messages: readonly Message[]) => results(messages).filter((body) => body.includes('left out')).length;

describe('a conversation', () => {
  it('that fits is left as it is', () => {
    const messages = conversation(20, 300);
    expect(fitConversation(messages, 10_000)).toBe(messages);
  });

  it('that is too long for the model loses its oldest tool results, and says so where they stood', () => {
    const fitted = fitConversation(conversation(40, 3_000), 30_000);
    expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThan(90_000);
    expect(results(fitted)[0]).toBe('[3000 characters, left out to make room. Call the tool again if you need them.]');
    expect(results(fitted).at(-1)).toMatch(/^39:x/);
    expect(fitted).toHaveLength(81);
  });

  it('keeps its beginning over many turns while it grows', () => {
    const cuts = [40, 41, 42, 43, 44, 45, 46, 47].map((turns) =>
      gone(fitConversation(conversation(turns, 3_000), 30_000)),
    );
    expect(new Set(cuts).size).toBeLessThanOrEqual(2);
  });

  it('keeps every call answered, and the latest answers whole, however small the window is', () => {
    const messages = conversation(20, 3_000);
    const fitted = fitConversation(messages, 10);
    expect(gone(fitted)).toBe(16);
    expect(fitted.map(({ role }) => role)).toEqual(messages.map(({ role }) => role));
  });

  it('does not replace an answer that is shorter than the word that it is gone', () => {
    expect(gone(fitConversation(conversation(40, 20), 10))).toBe(0);
  });
});
