import type { ScriptedAnswer } from '../answers/answer.js';
import type { Rule } from './script.js';

const placeholder = /\{\{(!?)([A-Za-z_]\w*)\}\}/g;
const groupName = /\(\?<([A-Za-z_]\w*)>/g;

/** The answer with `{{name}}` replaced by what the group of that name captured, and `{{!name}}` by `{{name}}`. */
export function fillPlaceholders(answer: ScriptedAnswer, captures: Readonly<Record<string, string>>): ScriptedAnswer {
  return mapStrings(answer, (text) =>
    text.replaceAll(placeholder, (whole, literal: string, name: string) =>
      literal ? `{{${name}}}` : (captures[name] ?? whole),
    ),
  ) as ScriptedAnswer;
}

/** Placeholders of the rule's answers that none of its patterns can fill. */
export function unresolvedPlaceholders(rule: Rule): string[] {
  const patterns = Object.entries(rule.match).filter(([key]) => key.endsWith('Matches'));
  const groups = new Set(patterns.flatMap(([, text]) => [...String(text).matchAll(groupName)].map(([, name]) => name)));
  const used = new Set<string>();
  mapStrings([rule.answer ?? null, rule.answers ?? null], (text) => {
    for (const [, literal, name] of text.matchAll(placeholder)) if (!literal && name) used.add(name);
    return text;
  });
  return [...used].filter((name) => !groups.has(name));
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((member) => mapStrings(member, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapStrings(member, change)]));
}
