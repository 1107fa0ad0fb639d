import { assertNever, type ModelAnswer, ModelProtocol, type ModelRequest } from '@fermata/contracts';
import { createAnthropicClient } from './anthropic.js';
import { checkEndpoint, type Endpoint } from './check-endpoint.js';
import { createOpenAiChatClient } from './openai-chat.js';
import { createOpenAiResponsesClient } from './openai-responses.js';

export type ModelEndpoint = Endpoint<ModelProtocol>;

/** A piece of an answer as it arrives: for a person to watch, never for a decision. */
export interface ModelProgress {
  /** `tool_call`: first the tool's name, then its arguments in pieces. */
  kind: 'text' | 'thinking' | 'tool_call';
  text: string;
}

export interface ModelCallOptions {
  /** Aborting ends the connection at once; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Must not throw. */
  onProgress?: (delta: ModelProgress) => void;
  /** Called with whatever is received, also with pings that no piece of an answer comes from. Must not throw. */
  onSign?: () => void;
  /** The longest silence borne, before the first byte and between two; 240 000 when absent. Node's own limit is 300 000. */
  requestTimeoutMs?: number;
}

export interface ModelClient {
  /**
   * One call, always streamed, never retried here.
   * @throws DomainError `provider_*` or `model_unknown`; the signal's reason when it was aborted
   */
  call(request: ModelRequest, options?: ModelCallOptions): Promise<ModelAnswer>;
}

/**
 * A client for one endpoint.
 * @throws DomainError `provider_misconfigured` for a base URL that cannot be used, `provider_unauthorized` for an empty key
 */
export function createModelClient(endpoint: ModelEndpoint): ModelClient {
  const checked = checkEndpoint(endpoint);
  switch (checked.protocol) {
    case ModelProtocol.anthropic:
      return createAnthropicClient(checked);
    case ModelProtocol.openaiResponses:
      return createOpenAiResponsesClient(checked);
    case ModelProtocol.openaiChat:
      return createOpenAiChatClient(checked);
    default:
      return assertNever(checked.protocol);
  }
}
