import { anthropic } from './anthropic/anthropic.js';
import { openaiChat } from './openai-chat/openai-chat.js';
import { openaiResponses } from './openai-responses/openai-responses.js';
import type { WireProtocol } from './protocol.js';

export const protocols: readonly WireProtocol[] = [anthropic, openaiChat, openaiResponses];

/** Whose shape a refusal has when the path alone does not say: Anthropic's clients always name its version. */
export function protocolOfClient(headers: Readonly<Record<string, unknown>>): WireProtocol {
  return 'anthropic-version' in headers ? anthropic : openaiChat;
}
