import { z } from 'zod';
import type { Rule } from './script.js';
import { unresolvedPlaceholders } from './placeholders.js';

const textOrList = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const whole = z.number().int().min(0);
const count = z.union([whole, z.strictObject({ min: whole.exactOptional(), max: whole.exactOptional() })]);
const pattern = z.string().min(1).refine(isRegExp, 'is no regular expression');

const match = z.strictObject({
  model: z.string().exactOptional(),
  modelMatches: pattern.exactOptional(),
  systemIncludes: textOrList.exactOptional(),
  systemMatches: pattern.exactOptional(),
  firstUserIncludes: textOrList.exactOptional(),
  firstUserMatches: pattern.exactOptional(),
  lastUserIncludes: textOrList.exactOptional(),
  lastUserMatches: pattern.exactOptional(),
  lastToolResultIncludes: textOrList.exactOptional(),
  lastToolResultMatches: pattern.exactOptional(),
  toolResults: count.exactOptional(),
  assistantTurns: count.exactOptional(),
  hasTool: textOrList.exactOptional(),
});

const toolCall = z
  .strictObject({ name: z.string().min(1), input: z.json().exactOptional(), inputText: z.string().exactOptional() })
  .refine((call) => !('input' in call && 'inputText' in call), 'has both input and inputText: give one');

const answer = z.strictObject({
  thinking: z.string().exactOptional(),
  text: z.string().exactOptional(),
  toolCalls: z.array(toolCall).exactOptional(),
  usage: z
    .strictObject({
      inputTokens: whole.exactOptional(),
      outputTokens: whole.exactOptional(),
      cacheReadTokens: whole.exactOptional(),
      cacheWriteTokens: whole.exactOptional(),
    })
    .exactOptional(),
  stopReason: z.enum(['end_turn', 'tool_use', 'max_tokens', 'refusal', 'other']).exactOptional(),
  delayMs: whole.exactOptional(),
  stream: z
    .strictObject({
      chunkDelayMs: whole.exactOptional(),
      chunkSize: whole.min(1).exactOptional(),
      cutAfterChunks: whole.exactOptional(),
      endAfterChunks: whole.exactOptional(),
      stallAfterChunks: whole.exactOptional(),
      errorAfterChunks: whole.exactOptional(),
    })
    .exactOptional(),
});

const httpFailure = z.strictObject({
  status: z.number().int().min(400).max(599),
  retryAfter: z.number().min(0).exactOptional(),
  message: z.string().exactOptional(),
  body: z.json().exactOptional(),
  html: z.string().exactOptional(),
  delayMs: whole.exactOptional(),
});

const fail = z.union(
  [httpFailure, z.strictObject({ cutStream: z.literal(true) }), z.strictObject({ hang: z.literal(true) })],
  'must be { status, … }, { "cutStream": true } or { "hang": true }',
);

/** Members that an answer, or another reply, may have. */
export const replyMembers: readonly string[] = [...Object.keys(answer.shape), 'fail'];

const rule = z
  .strictObject({
    name: z.string().min(1),
    match,
    answer: answer.exactOptional(),
    answers: z.array(answer).min(1).exactOptional(),
    fail: fail.exactOptional(),
    times: whole.min(1).exactOptional(),
    timesEach: whole.min(1).exactOptional(),
  })
  .superRefine((value: Rule, context) => {
    const replies = (['answer', 'answers', 'fail'] as const).filter((key) => value[key] !== undefined);
    if (replies.length !== 1) context.addIssue(`needs exactly one of answer, answers and fail, has ${replies.length}`);
    for (const name of unresolvedPlaceholders(value)) {
      context.addIssue(`uses {{${name}}}, but no …Matches condition of the rule has a group (?<${name}>…)`);
    }
  });

/** A script of rules as it stands in a JSON file. Unknown keys are errors: a misspelt condition would fit everything. */
export const ruleScriptSchema = z
  .strictObject({ rules: z.array(rule).min(1), models: z.array(z.string().min(1)).exactOptional() })
  .superRefine((script, context) => {
    const names = script.rules.map(({ name }) => name);
    const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    for (const name of repeated) context.addIssue(`two rules are called "${name}"`);
  });

function isRegExp(text: string): boolean {
  try {
    new RegExp(text, 'm');
    return true;
  } catch {
    return false;
  }
}
