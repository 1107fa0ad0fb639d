import type { Message, UserBlock } from '@fermata/contracts';

/** Code and prose have more; a conversation that is near its model's limit is rather cut too early than refused. */
const bytesPerToken = 3;
/** Left out together, so that the beginning of the conversation, and with it the provider's cache, lasts many turns. */
const lot = 8;
/** What the model is at work with. */
const keptResults = 4;

type ToolResult = Extract<UserBlock, { type: 'tool_result' }>;

/**
 * A conversation that fits into a model's window: of the oldest tool results only their size stays, as many as it takes.
 * What was said stays whole. The same conversation is always cut in the same way.
 * @param maxTokens for the messages
 */
export function fitConversation(messages: readonly Message[], maxTokens: number): readonly Message[] {
  const results = messages.flatMap(({ blocks }) => blocks.filter(isToolResult));
  const sizes = results.map(sizeOf);
  let excess = sizeOf(messages) - maxTokens * bytesPerToken;
  let leftOut = 0;
  while (excess > 0 && leftOut < results.length - keptResults) {
    const next = Math.min(leftOut + lot, results.length - keptResults);
    excess -= sizes.slice(leftOut, next).reduce((sum, size) => sum + size, 0);
    leftOut = next;
  }
  return leftOut === 0 ? messages : withoutResults(messages, new Set(results.slice(0, leftOut)));
}

function withoutResults(messages: readonly Message[], gone: ReadonlySet<unknown>): Message[] {
  return messages.map((message) =>
    message.role === 'user'
      ? { ...message, blocks: message.blocks.map((block) => (gone.has(block) ? leftOutOf(block) : block)) }
      : message,
  );
}

function leftOutOf(block: UserBlock): UserBlock {
  const { length } = block.text;
  const text = `[${length} characters, left out to make room. Call the tool again if you need them.]`;
  return text.length < length ? { ...block, text } : block;
}

function isToolResult(block: Message['blocks'][number]): block is ToolResult {
  return block.type === 'tool_result';
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
