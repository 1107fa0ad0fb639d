import { canonicalJson, type Usage } from '@fermata/contracts';
import type { Conversation } from '../conversations/conversation.js';

const charactersPerToken = 4;

/** The characters that a model would write. */
export interface AnswerContent {
  thinking: string;
  text: string;
  toolCalls: readonly { name: string; inputText: string }[];
}

/** A token for every four characters begun, at least one each way; nothing comes from or goes to a cache. */
export function deriveUsage(conversation: Conversation, content: AnswerContent): Usage {
  const calls = content.toolCalls.reduce((sum, call) => sum + call.name.length + call.inputText.length, 0);
  return {
    inputTokens: countInputTokens(conversation),
    outputTokens: toTokens(content.thinking.length + content.text.length + calls),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
}

/** What the conversation itself costs to read: system, messages and the tools offered. */
export function countInputTokens(conversation: Pick<Conversation, 'system' | 'messages' | 'tools'>): number {
  const { system, messages, tools } = conversation;
  return toTokens(system.length + canonicalJson(messages).length + canonicalJson(tools).length);
}

export function toTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / charactersPerToken));
}
