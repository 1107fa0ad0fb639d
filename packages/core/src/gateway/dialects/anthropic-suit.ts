import type { JsonObject } from '@fermata/contracts';
import type { SuitTarget, ThoughtOrigins } from './dialect.js';
import { countAt, isObject, leaveOut, objectAt, objectsAt, textAt } from './json-members.js';

/**
 * Thoughts are signed by the model that had them, and another one refuses them:
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking
 */
export function withoutAnthropicThoughts(body: JsonObject, { isForeign, areMixed }: ThoughtOrigins): JsonObject {
  let dropped = 0;
  const messages = objectsAt(body, 'messages').flatMap((message) => {
    const { content } = message;
    if (!Array.isArray(content)) return [message];
    const own = content.filter((block) => !isForeignThought(block, isForeign));
    dropped += content.length - own.length;
    if (own.length === content.length) return [message];
    return own.length === 0 ? [] : [{ ...message, content: own }];
  });
  if (dropped === 0) return areMixed ? thinkingOnlyWhereItMay(body) : body;
  return thinkingOnlyWhereItMay({ ...body, messages });
}

function isForeignThought(block: unknown, isForeign: ThoughtOrigins['isForeign']): boolean {
  const mark = markOf(block);
  return mark !== null && isForeign(mark);
}

function markOf(block: unknown): string | null {
  switch (textAt(block, 'type')) {
    case 'thinking':
      return textAt(block, 'signature') ?? '';
    case 'redacted_thinking':
      return textAt(block, 'data') ?? '';
    default:
      return null;
  }
}

/** The API refuses to think on after tool calls that were made without thinking, as those of another model now were. */
function thinkingOnlyWhereItMay(body: JsonObject): JsonObject {
  if (textAt(objectAt(body, 'thinking'), 'type') !== 'enabled') return body;
  const last = objectsAt(body, 'messages').findLast((message) => textAt(message, 'role') === 'assistant');
  const blocks = objectsAt(last, 'content');
  const isAmidTools = blocks.some((block) => textAt(block, 'type') === 'tool_use');
  return isAmidTools && !blocks.some((block) => markOf(block) !== null) ? withoutThinking(body) : body;
}

/** What is to become of older thoughts can only be said where there are new ones. */
function withoutThinking(asked: JsonObject): JsonObject {
  const body = leaveOut(asked, ['thinking']);
  const management = objectAt(body, 'context_management');
  const edits = objectsAt(management, 'edits');
  const kept = edits.filter((edit) => !(textAt(edit, 'type') ?? '').startsWith('clear_thinking'));
  if (kept.length === edits.length) return body;
  if (kept.length === 0) return leaveOut(body, ['context_management']);
  return { ...body, context_management: { ...management, edits: kept } };
}

export function anthropicThinkingBudget(body: JsonObject): number {
  return countAt(objectAt(body, 'thinking'), 'budget_tokens') ?? 0;
}

/** Models that always think take an effort and nothing that would steer their words; the others a budget, or nothing. */
export function anthropicSuit(body: JsonObject, { traits }: SuitTarget): JsonObject | string {
  if (!traits) return body;
  const type = textAt(objectAt(body, 'thinking'), 'type');
  if (!traits.forcedToolUse && traits.reasoning) {
    const choice = textAt(objectAt(body, 'tool_choice'), 'type') ?? 'auto';
    if (!['auto', 'none'].includes(choice)) return 'It cannot be made to call a tool, and the request demands it.';
    // How much it thinks is its own affair, unless it is told in the only way that it takes.
    return leaveOut(body, ['temperature', 'top_p', 'top_k', ...(type === 'adaptive' ? [] : ['thinking'])]);
  }
  const plain = withoutEffort(body);
  return traits.reasoning && type !== 'adaptive' ? plain : withoutThinking(plain);
}

function withoutEffort(body: JsonObject): JsonObject {
  const config = body['output_config'];
  if (!isObject(config)) return body;
  const kept = leaveOut(config, ['effort']);
  return Object.keys(kept).length === 0 ? leaveOut(body, ['output_config']) : { ...body, output_config: kept };
}
