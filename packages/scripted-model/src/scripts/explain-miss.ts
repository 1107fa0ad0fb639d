import type { Conversation } from '../conversations/conversation.js';
import { excerpt } from './match-rule.js';

export interface RuleMiss {
  rule: string;
  /** The conditions that did not hold. */
  why: readonly string[];
}

const nearestShown = 3;

/** What came, and what came nearest to expecting it: enough to mend the script without a debugger. */
export function explainMiss(conversation: Conversation, misses: readonly RuleMiss[] | string): string {
  const why = typeof misses === 'string' ? misses : nearest(misses);
  return `No rule of the script fits this request. Received: ${describe(conversation)}. ${why}`;
}

function describe(conversation: Conversation): string {
  const { protocol, model, messages, assistantTurns, toolResults, toolNames, lastUserText } = conversation;
  const parts = [
    `${protocol} request for model "${model}"`,
    `${messages.length} messages (${assistantTurns} assistant turns, ${toolResults} tool results)`,
    `tools ${toolNames.join(', ') || 'none'}`,
    `last user text "${excerpt(lastUserText)}"`,
  ];
  if (toolResults > 0) parts.push(`last tool result "${excerpt(conversation.lastToolResultText)}"`);
  return parts.join('; ');
}

function nearest(misses: readonly RuleMiss[]): string {
  const sorted = [...misses].sort((a, b) => a.why.length - b.why.length).slice(0, nearestShown);
  return `Nearest rules: ${sorted.map(({ rule, why }) => `"${rule}" failed on ${why.join(' and ')}`).join('; ')}`;
}
