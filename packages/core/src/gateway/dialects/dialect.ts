import type { JsonObject, ModelTraits, ProviderProtocol, Usage } from '@fermata/contracts';
import type { GatewayRefusal } from '../gateway-ports.js';

/** Tokens as a provider reports them. */
export interface ReportedUsage extends Usage {
  /** Those of `cacheWriteTokens` that the cache keeps for an hour, at a price of their own. */
  longCacheWriteTokens: number;
}

/** Reads on the side what an answer says of itself. */
export interface AnswerReader {
  /** One event of a stream. */
  addEvent(event: JsonObject): void;
  /** An answer that was not streamed. */
  addWhole(answer: JsonObject): void;
  /** The answer came to its end, well or not. */
  readonly complete: boolean;
  /** The latest counts; null while there are none. */
  readonly usage: ReportedUsage | null;
  /** As the provider names it. */
  readonly model: string | null;
  /** Characters of what the model has said so far. */
  readonly characters: number;
  /** What marks the thoughts of the answer as its model's: signatures, or the encrypted thoughts themselves. */
  readonly thoughts: readonly string[];
}

/** What a request asks for, with everything set that must be. */
export interface ShapedRequest {
  body: JsonObject;
  /** Tokens that all its answers together can have. */
  outputTokens: number;
}

export interface ShapeLimits {
  model: string;
  /** Of one answer. */
  maxOutputTokens: number;
  baseUrl: string;
  stream: boolean;
}

/** Whose the thoughts in a request are, seen from the model that is asked. */
export interface ThoughtOrigins {
  isForeign: (thought: string) => boolean;
  /** Another model has answered in the run, with thoughts or without. */
  areMixed: boolean;
}

/** A model, as far as requests to it differ within a protocol. */
export interface SuitTarget {
  model: string;
  /** Absent when not known: then settings are left as they are. */
  traits?: ModelTraits;
}

export interface AddressedCall {
  kind: 'answer' | 'count';
  model: string;
  stream: boolean;
  query: URLSearchParams;
}

/** One protocol as the gateway must know it: where its calls go, what of them costs money, and how it says no. */
export interface GatewayDialect {
  readonly protocol: ProviderProtocol;
  /** Below the base URL of the provider, with the query. */
  upstreamPath(call: AddressedCall): string;
  keyHeaders(apiKey: string): Record<string, string>;
  shape(body: JsonObject, limits: ShapeLimits): ShapedRequest;
  /** The request without the thoughts of other models, and without what stands and falls with them. */
  withoutThoughts(body: JsonObject, origins: ThoughtOrigins, model: string): JsonObject;
  /**
   * The request without settings that this model does not take, of a client that speaks to another one.
   * @returns why it cannot do without them, as a sentence
   */
  suit(body: JsonObject, target: SuitTarget): JsonObject | string;
  /** How many tokens of its answer a request reserves for thoughts; the API refuses one that has no more than that. */
  thinkingBudget(body: JsonObject): number;
  /** The tools of a request that run at the provider. */
  providerTools(body: JsonObject): string[];
  createReader(): AnswerReader;
  writeError(refusal: GatewayRefusal, requestId: string): JsonObject;
  /** The events that end an open stream with its reason. `begun`: some of the provider's own have gone before. */
  streamError(refusal: GatewayRefusal, stream: { requestId: string; begun: boolean }): string;
  /** How clients that want a stream are told to come again: Codex takes the status 429 as final, not the event. */
  readonly asksAgainAfter: 'status' | 'event';
}
