import type { AssistantBlock, Message } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { assembleConversation, type ConversationRecord } from './assemble-conversation.js';

const brief: ConversationRecord = { kind: 'brief', text: 'Fermata task task_1: x' };
const text = (words: string) => ({ type: 'text' as const, text: words });
const call = (callId: string): AssistantBlock => ({ type: 'tool_call', callId, name: 'read_file', input: {} });
const thinking: AssistantBlock = { type: 'thinking', provider: 'anthropic', data: { thinking: 'hm', signature: 's' } };
const model = (...blocks: AssistantBlock[]): ConversationRecord => ({ kind: 'model', blocks });
const tool = (callId: string, words: string): ConversationRecord => ({
  kind: 'tool',
  callId,
  text: words,
  isError: false,
});
const note = (words: string): ConversationRecord => ({ kind: 'note', text: words });
const result = (callId: string, words: string, isError = false) => ({
  type: 'tool_result',
  callId,
  text: words,
  isError,
});

describe('a conversation', () => {
  it('answers calls in their order before any note, whatever order they were recorded in', () => {
    const messages = assembleConversation([
      brief,
      model(thinking, text('I look.'), call('a'), call('b')),
      note('Two steps are left.'),
      tool('b', 'B'),
      tool('a', ''),
    ]);
    expect(messages).toEqual([
      { role: 'user', blocks: [text('Fermata task task_1: x')] },
      { role: 'assistant', blocks: [thinking, text('I look.'), call('a'), call('b')] },
      { role: 'user', blocks: [result('a', '(no output)'), result('b', 'B'), text('Two steps are left.')] },
    ]);
  });

  it('says of a call without a result that it was not run', () => {
    const last = assembleConversation([brief, model(call('a'), call('b')), tool('b', 'B')]).at(-1);
    expect(last?.blocks).toEqual([
      result('a', 'not run: the run was interrupted before this call', true),
      result('b', 'B'),
    ]);
  });

  it('tells a late or repeated result as text, so that nothing is lost', () => {
    const messages = assembleConversation([
      brief,
      model(call('a')),
      tool('a', '1'),
      tool('a', '2'),
      model(call('b')),
      tool('a', '3'),
    ]);
    expect(messages[2]?.blocks).toEqual([result('a', '1'), text('A late result of the earlier call a:\n2')]);
    expect(messages[4]?.blocks).toEqual([
      expect.objectContaining({ callId: 'b' }),
      text('A late result of the earlier call a:\n3'),
    ]);
  });

  it('gives ids that a server used twice another number, with their results', () => {
    const messages = assembleConversation([
      brief,
      model(call('call_0'), call('call_0')),
      tool('call_0', 'first'),
      tool('call_0', 'second'),
      model(call('call_0')),
      tool('call_0', 'third'),
    ]);
    expect(messages[2]?.blocks).toEqual([result('call_0', 'first'), result('call_0_2', 'second')]);
    expect(messages[3]?.blocks).toEqual([call('call_0_3')]);
    expect(messages[4]?.blocks).toEqual([result('call_0_3', 'third')]);
  });

  it('drops empty texts, and answers that hold nothing but thinking', () => {
    expect(assembleConversation([brief, note(' '), model(thinking, text('\n')), note('Go on.')])).toEqual([
      { role: 'user', blocks: [text('Fermata task task_1: x'), text('Go on.')] },
    ]);
  });

  it('asks the model to go on where an answer called no tool and nothing was said since', () => {
    const goOn = { role: 'user', blocks: [text('Go on. When your work is done, call `finish`.')] };
    const messages = assembleConversation([brief, model(text('Done?')), model(text('Done!'))]);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user']);
    expect(messages[2]).toEqual(goOn);
    expect(messages[4]).toEqual(goOn);
  });

  it.each([[[]], [[model(text('hi'))]], [[note(' '), model(call('a'))]]])(
    'does not begin without a brief',
    (records) => {
      expect(() => assembleConversation(records)).toThrow(expect.objectContaining({ code: 'internal' }));
    },
  );
});

/** Numbers from a seed (mulberry32), so that a failure can be run again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A run in which anything may be missing, late, doubled, empty or out of order. */
function anyRecords(seed: number): ConversationRecord[] {
  const below = randomFrom(seed);
  const ids = ['a', 'b', 'c', 'a_2'];
  const anyId = () => ids[below(ids.length)] ?? 'a';
  const anyBlock = (): AssistantBlock =>
    [thinking, text('x'), text(' '), call(anyId()), call(anyId())][below(5)] ?? thinking;
  const anyRecord = (): ConversationRecord => {
    const kind = below(10);
    if (kind < 4) return model(...Array.from({ length: below(4) }, anyBlock));
    if (kind < 8) return tool(anyId(), ['out', ''][below(2)] ?? '');
    return note(['note', ' '][below(2)] ?? '');
  };
  return [brief, ...Array.from({ length: below(25) }, anyRecord)];
}

function callIds(message: Message | undefined): string[] {
  return (message?.blocks ?? []).flatMap((block) => (block.type === 'tool_call' ? [block.callId] : []));
}

function resultIds(message: Message | undefined): string[] {
  return (message?.blocks ?? []).flatMap((block) => (block.type === 'tool_result' ? [block.callId] : []));
}

function flat(messages: readonly Message[]): string[] {
  return messages.flatMap(({ role, blocks }) => blocks.map((block) => `${role} ${JSON.stringify(block)}`));
}

describe('any conversation', () => {
  const seeds = Array.from({ length: 500 }, (_, index) => index);

  it('takes turns, beginning and ending with the user', () => {
    for (const seed of seeds) {
      const roles = assembleConversation(anyRecords(seed)).map(({ role }) => role);
      expect(
        roles.every((role, index) => role === (index % 2 === 0 ? 'user' : 'assistant')),
        `seed ${seed}`,
      ).toBe(true);
      expect(roles.at(-1), `seed ${seed}`).toBe('user');
    }
  });

  it('answers each call once, in the next message, in order, before other text, under an id of its own', () => {
    for (const seed of seeds) {
      const messages = assembleConversation(anyRecords(seed));
      messages.forEach((message, index) => {
        if (message.role === 'assistant')
          expect(resultIds(messages[index + 1]), `seed ${seed}`).toEqual(callIds(message));
        const types = message.blocks.map(({ type }) => type);
        if (message.role === 'user')
          expect(types.lastIndexOf('tool_result'), `seed ${seed}`).toBe(resultIds(message).length - 1);
      });
      const all = messages.flatMap(callIds);
      expect(new Set(all).size, `seed ${seed}`).toBe(all.length);
      expect(resultIds(messages[0])).toEqual([]);
    }
  });

  it('has no empty message and no empty block', () => {
    for (const seed of seeds) {
      const messages = assembleConversation(anyRecords(seed));
      expect(
        messages.every(({ blocks }) => blocks.length > 0),
        `seed ${seed}`,
      ).toBe(true);
      const texts = messages.flatMap(({ blocks }) =>
        blocks.flatMap((block) => ('text' in block ? [block.text.trim()] : [])),
      );
      expect(texts, `seed ${seed}`).not.toContain('');
    }
  });

  it('only ever grows: what the model was shown before an answer stays as it was', () => {
    for (const seed of seeds) {
      const records = anyRecords(seed);
      const whole = flat(assembleConversation(records));
      records.forEach((record, index) => {
        if (record.kind !== 'model') return;
        const before = flat(assembleConversation(records.slice(0, index)));
        expect(whole.slice(0, before.length), `seed ${seed}, step ${index}`).toEqual(before);
      });
    }
  });

  it('tells every output that was recorded', () => {
    for (const seed of seeds) {
      const records = anyRecords(seed);
      const told = flat(assembleConversation(records)).filter(
        (line) => line.includes('"out"') || line.includes('\\nout"'),
      );
      const recorded = records.filter((record) => record.kind === 'tool' && record.text === 'out');
      expect(told.length, `seed ${seed}`).toBe(recorded.length);
    }
  });
});
