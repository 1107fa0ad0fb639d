import type { Json, JsonObject } from '../json.js';
import type { Reasoning } from './reasoning.js';

/** Tokens of one model call as the provider counted them. `inputTokens` excludes what the cache served or stored. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  /** True when the provider sent no counts and these were reckoned from the length of the text. */
  estimated?: boolean;
}

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

export interface TextBlock {
  type: 'text';
  text: string;
}

/** Kept as the provider gave it and sent back unchanged to the same provider; never shown to another. */
export interface ThinkingBlock {
  type: 'thinking';
  provider: ModelProtocol;
  data: JsonObject;
}

export interface ToolCallBlock {
  type: 'tool_call';
  /** The provider's id of the call: its result refers to it. */
  callId: string;
  name: string;
  input: Json;
  /** Set when the arguments were no JSON: the text as it came. `input` is null then. */
  invalidInput?: string;
}

export interface ToolResultBlock {
  type: 'tool_result';
  callId: string;
  text: string;
  isError: boolean;
}

export type AssistantBlock = TextBlock | ThinkingBlock | ToolCallBlock;
export type UserBlock = TextBlock | ToolResultBlock;

export type Message =
  { role: 'user'; blocks: readonly UserBlock[] } | { role: 'assistant'; blocks: readonly AssistantBlock[] };

/** How a provider is spoken to. */
export const ModelProtocol = {
  anthropic: 'anthropic',
  openaiResponses: 'openai_responses',
  openaiChat: 'openai_chat',
} as const;
export type ModelProtocol = (typeof ModelProtocol)[keyof typeof ModelProtocol];

/** How agents of others speak to a provider: as our own loop does, or as Gemini's clients do. */
export const ProviderProtocol = { ...ModelProtocol, gemini: 'gemini' } as const;
export type ProviderProtocol = (typeof ProviderProtocol)[keyof typeof ProviderProtocol];

/** What the model is told about a tool. */
export interface ToolSchema {
  name: string;
  description: string;
  /** JSON Schema of an object. */
  inputSchema: JsonObject;
}

export interface ModelRequest {
  model: string;
  system: string;
  messages: readonly Message[];
  tools: readonly ToolSchema[];
  /** `required`: the answer must be a tool call. */
  toolChoice: 'auto' | 'required';
  maxOutputTokens: number;
  /** As the provider has it when absent. */
  reasoning?: Reasoning | undefined;
  /** What is known of the model; by its name when absent. */
  traits?: ModelTraits | undefined;
}

/** What of a model decides how it is asked. */
export interface ModelTraits {
  /** It thinks, so its reasoning is asked for and sent back. */
  reasoning: boolean;
  /** It accepts `toolChoice: 'required'`; otherwise that is sent as `auto`. */
  forcedToolUse: boolean;
}

export type StopReason = 'end_turn' | 'tool_use' | 'max_tokens' | 'refusal' | 'other';

export interface ModelAnswer {
  blocks: readonly AssistantBlock[];
  stopReason: StopReason;
  usage: Usage;
  /** The model that answered, as the provider named it. */
  model: string;
  /** The provider's request id, for its support. */
  requestId: string | null;
}
