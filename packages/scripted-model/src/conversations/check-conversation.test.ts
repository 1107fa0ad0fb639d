import type { Message } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { checkConversation } from './check-conversation.js';

const says = (text: string): Message => ({ role: 'user', blocks: [{ type: 'text', text }] });
const calls = (...ids: string[]): Message => ({
  role: 'assistant',
  blocks: ids.map((callId) => ({ type: 'tool_call', callId, name: 'x', input: {} })),
});
const results = (...ids: string[]): Message => ({
  role: 'user',
  blocks: ids.map((callId) => ({ type: 'tool_result', callId, text: 'y', isError: false })),
});

describe('checkConversation', () => {
  it.each<[string, Message[]]>([
    ['a first question', [says('a')]],
    ['results in another order than the calls', [says('a'), calls('1', '2'), results('2', '1')]],
    ['several rounds of calls', [says('a'), calls('1'), results('1'), calls('2'), results('2')]],
  ])('accepts %s', (_, messages) => {
    expect(checkConversation(messages)).toBeNull();
  });

  it.each<[string, Message[], string]>([
    ['no messages', [], 'the conversation has no messages'],
    ['nothing to answer', [says('a'), calls()], 'the conversation ends with the assistant: there is nothing to answer'],
    [
      'a call without its result',
      [says('a'), calls('1', '2'), results('1')],
      'message 2: has no result for tool call "2"',
    ],
    ['a call that was talked over', [says('a'), calls('1'), says('b')], 'message 2: has no result for tool call "1"'],
    [
      'a result that nobody asked for',
      [says('a'), calls('1'), results('1', '9')],
      'message 2: has a result for tool call "9", which the turn before it does not make',
    ],
    [
      'a result that opens the conversation',
      [results('1')],
      'message 0: has a result for tool call "1", which the turn before it does not make',
    ],
    [
      'two results of one call',
      [says('a'), calls('1'), results('1', '1')],
      'message 2: has two results for tool call "1"',
    ],
  ])('refuses %s', (_, messages, problem) => {
    expect(checkConversation(messages)).toBe(problem);
  });
});
