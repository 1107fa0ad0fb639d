import type { Json, StopReason, Usage } from '@fermata/contracts';

export interface ScriptedToolCall {
  name: string;
  /** Default `{}`. */
  input?: Json;
  /**
   * Sent in place of `input`, as it is: for arguments that are no JSON. An Anthropic answer carries it only when
   * streamed. Gemini, whose arguments are no text, leaves such a call out and says why by the finish reason.
   */
  inputText?: string;
}

/**
 * How a streamed answer arrives. A chunk is one delta of thinking, text or tool arguments. An answer that has fewer chunks
 * than `…AfterChunks` says is broken off before its end. Answers that are not streamed know only `cutAfterChunks`.
 */
export interface StreamShape {
  /** Pause before each chunk. */
  chunkDelayMs?: number;
  /** Characters in a chunk; default 32. */
  chunkSize?: number;
  /** The connection is destroyed after so many chunks. An answer that is not streamed is cut in the middle of its body. */
  cutAfterChunks?: number;
  /** After so many chunks the response ends in good order, without the events that end an answer: as a proxy cuts it. */
  endAfterChunks?: number;
  /** After so many chunks nothing more comes, with the connection left open. */
  stallAfterChunks?: number;
  /** After so many chunks the provider's error event comes (an overload), and the stream ends. */
  errorAfterChunks?: number;
}

/** What the model says. Thinking comes first, then the text, then the tool calls. */
export interface ScriptedAnswer {
  /** Not carried by Chat Completions, which has no place for it. */
  thinking?: string;
  text?: string;
  toolCalls?: readonly ScriptedToolCall[];
  /** What is not stated is derived: a token for every four characters, nothing cached. */
  usage?: Partial<Usage>;
  /** Default: `tool_use` with tool calls, otherwise `end_turn`. */
  stopReason?: StopReason;
  /** Silence before the response begins. */
  delayMs?: number;
  stream?: StreamShape;
}

export interface HttpFailure {
  /** 400 to 599. */
  status: number;
  /** Seconds, sent as `Retry-After`. */
  retryAfter?: number;
  /** The provider-shaped error's message. */
  message?: string;
  /** Sent as JSON in place of the provider-shaped error. */
  body?: Json;
  /** Sent as `text/html` in place of the provider-shaped error, as proxies do. */
  html?: string;
  delayMs?: number;
}

/** `cutStream`: 200, the opening of an answer, then the connection is destroyed. `hang`: accepted, and never answered. */
export type ScriptedFailure = HttpFailure | { cutStream: true } | { hang: true };

export type ScriptedReply = ScriptedAnswer | { fail: ScriptedFailure };
