import { createHash } from 'node:crypto';
import { canonicalJson, type Message, type ProviderProtocol, type ToolSchema } from '@fermata/contracts';

/** What a protocol reads out of a request, before anything is derived from it. */
export interface ConversationParts {
  protocol: ProviderProtocol;
  model: string;
  system: string;
  messages: readonly Message[];
  tools: readonly ToolSchema[];
  /** `required`: the caller insists on a tool call. */
  toolChoice: 'auto' | 'required';
}

/** A request as rules and script functions see it: the same whatever protocol it came by. */
export interface Conversation extends ConversationParts {
  /** All text of the user before the first assistant turn (agents often send their prompt in several messages). */
  firstUserText: string;
  /** The text of the latest user turn that has any. */
  lastUserText: string;
  /** The results of the latest turn that has any, joined by newlines; empty when there are none. */
  lastToolResultText: string;
  toolResults: number;
  assistantTurns: number;
  toolNames: readonly string[];
  /** SHA-256 in hex of model, system, messages and tool names: equal for equal conversations, whatever the process. */
  digest: string;
  /** SHA-256 in hex of the system text. */
  systemDigest: string;
}

/** Merges adjacent messages of one role into turns, and derives what rules match on. */
export function createConversation(parts: ConversationParts): Conversation {
  const messages = mergeTurns(parts.messages);
  const firstAssistant = messages.findIndex((message) => message.role === 'assistant');
  const opening = firstAssistant < 0 ? messages : messages.slice(0, firstAssistant);
  const toolNames = parts.tools.map((tool) => tool.name);
  return {
    ...parts,
    messages,
    firstUserText: joinTexts(opening.map(userText)),
    lastUserText: messages.map(userText).findLast((text) => text !== '') ?? '',
    lastToolResultText: messages.map(toolResultText).findLast((text) => text !== null) ?? '',
    toolResults: messages.flatMap((message) => message.blocks.filter((block) => block.type === 'tool_result')).length,
    assistantTurns: messages.filter((message) => message.role === 'assistant').length,
    toolNames,
    digest: sha256(canonicalJson({ model: parts.model, system: parts.system, messages, toolNames })),
    systemDigest: sha256(parts.system),
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function mergeTurns(messages: readonly Message[]): Message[] {
  const turns: Message[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    const merged = last && mergeTwo(last, message);
    if (merged) turns[turns.length - 1] = merged;
    else turns.push(message);
  }
  return turns;
}

function mergeTwo(first: Message, second: Message): Message | null {
  if (first.role === 'user' && second.role === 'user') {
    return { role: 'user', blocks: [...first.blocks, ...second.blocks] };
  }
  if (first.role === 'assistant' && second.role === 'assistant') {
    return { role: 'assistant', blocks: [...first.blocks, ...second.blocks] };
  }
  return null;
}

function userText(message: Message): string {
  if (message.role !== 'user') return '';
  return joinTexts(message.blocks.map((block) => (block.type === 'text' ? block.text : '')));
}

function toolResultText(message: Message): string | null {
  if (message.role !== 'user') return null;
  const results = message.blocks.filter((block) => block.type === 'tool_result');
  return results.length === 0 ? null : results.map((result) => result.text).join('\n');
}

function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n');
}
