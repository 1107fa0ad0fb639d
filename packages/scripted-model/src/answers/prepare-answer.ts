import type { StopReason, Usage } from '@fermata/contracts';
import { type Conversation, sha256 } from '../conversations/conversation.js';
import type { ScriptedAnswer, ScriptedToolCall } from './answer.js';
import { deriveUsage } from './token-usage.js';

export interface PreparedToolCall {
  /** 24 hex digits; a protocol puts its own prefix before it. */
  id: string;
  name: string;
  /** JSON, unless the script says otherwise. */
  inputText: string;
}

/** An answer with everything decided that a protocol writes. */
export interface PreparedAnswer {
  /** 24 hex digits, equal for equal conversations. */
  id: string;
  thinking: string;
  text: string;
  toolCalls: readonly PreparedToolCall[];
  usage: Usage;
  stopReason: StopReason;
}

/** Ids come from the conversation alone, so a request that is repeated gets the same answer, byte for byte. */
export function prepareAnswer(answer: ScriptedAnswer, conversation: Conversation): PreparedAnswer {
  const toolCalls = (answer.toolCalls ?? []).map((call, index) => prepareCall(call, `${conversation.digest}/${index}`));
  const content = { thinking: answer.thinking ?? '', text: answer.text ?? '', toolCalls };
  return {
    ...content,
    id: sha256(conversation.digest).slice(0, 24),
    usage: { ...deriveUsage(conversation, content), ...answer.usage },
    stopReason: answer.stopReason ?? (toolCalls.length > 0 ? 'tool_use' : 'end_turn'),
  };
}

function prepareCall(call: ScriptedToolCall, seed: string): PreparedToolCall {
  return {
    id: sha256(seed).slice(0, 24),
    name: call.name,
    inputText: call.inputText ?? JSON.stringify(call.input ?? {}),
  };
}
