import type { JsonObject, ProviderProtocol, Usage } from '@fermata/contracts';
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
  /** The tools of a request that run at the provider. */
  providerTools(body: JsonObject): string[];
  createReader(): AnswerReader;
  writeError(refusal: GatewayRefusal, requestId: string): JsonObject;
  /** The events that end an open stream with its reason. `begun`: some of the provider's own have gone before. */
  streamError(refusal: GatewayRefusal, stream: { requestId: string; begun: boolean }): string;
  /** How clients that want a stream are told to come again: Codex takes the status 429 as final, not the event. */
  readonly asksAgainAfter: 'status' | 'event';
}
