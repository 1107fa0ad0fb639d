import type { ScriptedAnswer, ScriptedFailure, ScriptedReply } from '../answers/answer.js';
import type { Conversation } from '../conversations/conversation.js';

export type TextOrList = string | readonly string[];
export type Count = number | { min?: number; max?: number };

/**
 * When a rule fits. Every condition given must hold; `{}` fits everything. A list must be found whole, in any order.
 * `…Matches` are regular expressions with the `m` flag: `^` and `$` are the ends of a line, and `.` stays in its line.
 * Their named groups fill `{{name}}` in the answer.
 */
export interface Match {
  model?: string;
  modelMatches?: string;
  systemIncludes?: TextOrList;
  systemMatches?: string;
  /** All the user said before the first assistant turn. */
  firstUserIncludes?: TextOrList;
  firstUserMatches?: string;
  lastUserIncludes?: TextOrList;
  lastUserMatches?: string;
  /** The results in the latest turn that has any. */
  lastToolResultIncludes?: TextOrList;
  lastToolResultMatches?: string;
  /** Tool results in the conversation so far. */
  toolResults?: Count;
  /** Turns the model has already had in the conversation. */
  assistantTurns?: Count;
  /** Tools that are offered. */
  hasTool?: TextOrList;
}

/** One rule of a script. Exactly one of `answer`, `answers` and `fail`. */
export interface Rule {
  /** Unique in the script; shown in the log and in errors. */
  name: string;
  match: Match;
  /** `{{name}}` in a text is filled by the named group of that name; `{{!name}}` stands for a literal `{{name}}`. */
  answer?: ScriptedAnswer;
  /** One for each assistant turn: the first opens a conversation, the next is given when the model has had one turn. */
  answers?: readonly ScriptedAnswer[];
  fail?: ScriptedFailure;
  /** The rule fits only so often in the life of the server. */
  times?: number;
  /** The rule fits only so often for each distinct conversation: `1` with `fail` fails the first try of every call. */
  timesEach?: number;
}

export interface RuleScript {
  rules: readonly Rule[];
  /** What `GET /v1/models` lists besides the models that rules name. */
  models?: readonly string[];
}

/** Undefined: the request was not expected. */
export type ScriptFunction = (
  conversation: Conversation,
) => ScriptedReply | undefined | Promise<ScriptedReply | undefined>;

export type Script = RuleScript | ScriptFunction;
