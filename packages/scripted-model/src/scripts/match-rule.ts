import type { Conversation } from '../conversations/conversation.js';
import type { Count, Match, TextOrList } from './script.js';

export interface MatchResult {
  /** One sentence for each condition that does not hold; empty when the rule fits. */
  misses: string[];
  /** What the named groups of the patterns captured. */
  captures: Record<string, string>;
}

type Subject = 'model' | 'system' | 'firstUser' | 'lastUser' | 'lastToolResult';
type Included = `${Exclude<Subject, 'model'>}Includes`;

const subjects: Readonly<Record<Subject, (conversation: Conversation) => string>> = {
  model: (conversation) => conversation.model,
  system: (conversation) => conversation.system,
  firstUser: (conversation) => conversation.firstUserText,
  lastUser: (conversation) => conversation.lastUserText,
  lastToolResult: (conversation) => conversation.lastToolResultText,
};

/** Holds every condition of `match` against the conversation, and says which do not hold and why. */
export function matchConversation(match: Match, conversation: Conversation): MatchResult {
  const result: MatchResult = { misses: [], captures: {} };
  if (match.model !== undefined && match.model !== conversation.model) {
    result.misses.push(`model: wanted "${match.model}", got "${conversation.model}"`);
  }
  for (const subject of Object.keys(subjects) as Subject[]) {
    const text = subjects[subject](conversation);
    if (subject !== 'model') result.misses.push(...missedTexts(`${subject}Includes`, match, text));
    const pattern = match[`${subject}Matches`];
    if (pattern !== undefined) applyPattern({ name: `${subject}Matches`, pattern, text }, result);
  }
  result.misses.push(
    ...missedCount('toolResults', match.toolResults, conversation.toolResults),
    ...missedCount('assistantTurns', match.assistantTurns, conversation.assistantTurns),
    ...missedTools(match.hasTool, conversation.toolNames),
  );
  return result;
}

/** At most `limit` characters on one line, for error messages. */
export function excerpt(text: string, limit = 120): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}

function missedTexts(name: Included, match: Match, text: string): string[] {
  return toList(match[name])
    .filter((wanted) => !text.includes(wanted))
    .map((wanted) => `${name}: wanted "${excerpt(wanted)}", got "${excerpt(text)}"`);
}

function applyPattern(condition: { name: string; pattern: string; text: string }, result: MatchResult): void {
  const { name, pattern, text } = condition;
  const found = new RegExp(pattern, 'm').exec(text);
  if (!found) result.misses.push(`${name}: wanted /${pattern}/m, got "${excerpt(text)}"`);
  for (const [group, value] of Object.entries(found?.groups ?? {})) result.captures[group] = value ?? '';
}

function missedCount(name: string, wanted: Count | undefined, got: number): string[] {
  if (wanted === undefined) return [];
  const { min = 0, max = Infinity } = typeof wanted === 'number' ? { min: wanted, max: wanted } : wanted;
  return got >= min && got <= max ? [] : [`${name}: wanted ${JSON.stringify(wanted)}, got ${got}`];
}

function missedTools(wanted: TextOrList | undefined, offered: readonly string[]): string[] {
  return toList(wanted)
    .filter((tool) => !offered.includes(tool))
    .map((tool) => `hasTool: wanted "${tool}", got ${offered.join(', ') || 'none'}`);
}

function toList(wanted: TextOrList | undefined): readonly string[] {
  if (wanted === undefined) return [];
  return typeof wanted === 'string' ? [wanted] : wanted;
}
