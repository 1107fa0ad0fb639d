export type {
  HttpFailure,
  ScriptedAnswer,
  ScriptedFailure,
  ScriptedReply,
  ScriptedToolCall,
  StreamShape,
} from './answers/answer.js';
export type { Conversation, ConversationParts } from './conversations/conversation.js';
export type { LoggedRequest, Outcome } from './log/logged-request.js';
export { readRequestLog } from './log/read-request-log.js';
export { findRepeatedRequests, type RepeatedRequest } from './log/repeated-requests.js';
export { loadScript, parseScript } from './scripts/load-script.js';
export type { Count, Match, Rule, RuleScript, Script, ScriptFunction, TextOrList } from './scripts/script.js';
export {
  startScriptedModel,
  type ScriptedModelOptions,
  type ScriptedModelServer,
} from './server/start-scripted-model.js';
