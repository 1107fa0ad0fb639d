import type { Message } from '@fermata/contracts';

/**
 * What a provider would refuse about the order of turns: a conversation that does not end with the user, a tool call
 * that the next turn leaves without a result, a result without a call. Null when nothing is wrong.
 */
export function checkConversation(messages: readonly Message[]): string | null {
  if (messages.length === 0) return 'the conversation has no messages';
  if (messages.at(-1)?.role === 'assistant')
    return 'the conversation ends with the assistant: there is nothing to answer';
  for (const [index, message] of messages.entries()) {
    const problem = checkTurn(message, messages[index - 1]);
    if (problem) return `message ${index}: ${problem}`;
  }
  return null;
}

function checkTurn(message: Message, before: Message | undefined): string | null {
  if (message.role === 'assistant') return null;
  const calls = callIds(before);
  const results = message.blocks.filter((block) => block.type === 'tool_result').map((block) => block.callId);
  const stray = results.find((id) => !calls.includes(id));
  if (stray !== undefined) return `has a result for tool call "${stray}", which the turn before it does not make`;
  const missing = calls.find((id) => !results.includes(id));
  if (missing !== undefined) return `has no result for tool call "${missing}"`;
  const repeated = results.find((id, index) => results.indexOf(id) !== index);
  return repeated === undefined ? null : `has two results for tool call "${repeated}"`;
}

function callIds(message: Message | undefined): string[] {
  if (message?.role !== 'assistant') return [];
  return message.blocks.filter((block) => block.type === 'tool_call').map((block) => block.callId);
}
