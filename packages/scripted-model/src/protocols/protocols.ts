import { anthropic } from './anthropic/anthropic.js';
import { gemini } from './gemini/gemini.js';
import { openaiChat } from './openai-chat/openai-chat.js';
import { openaiResponses } from './openai-responses/openai-responses.js';
import type { WireProtocol } from './protocol.js';

export const protocols: readonly WireProtocol[] = [anthropic, openaiChat, openaiResponses, gemini];

/**
 * Whose shape a refusal has when the path alone does not say: Anthropic's clients always name its version, Gemini's put
 * their key into a header of their own.
 */
export function protocolOfClient(headers: Readonly<Record<string, unknown>>): WireProtocol {
  if ('x-goog-api-key' in headers) return gemini;
  return 'anthropic-version' in headers ? anthropic : openaiChat;
}
