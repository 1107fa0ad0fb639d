import type { JsonObject, ProviderProtocol } from '@fermata/contracts';
import type { PreparedAnswer } from '../answers/prepare-answer.js';
import type { ConversationParts } from '../conversations/conversation.js';

/** Where a request was posted to. */
export interface RequestTarget {
  path: string;
  query: URLSearchParams;
}

/** What a protocol reads out of a request. */
export interface WireRequest {
  conversation: ConversationParts;
  stream: boolean;
}

/** What a protocol writes an answer from. */
export interface WireAnswer {
  model: string;
  answer: PreparedAnswer;
  /** The request as it came, for members that only this protocol knows. */
  body: JsonObject;
  /** Characters in a delta. */
  chunkSize: number;
}

/** One server-sent event. */
export interface Frame {
  /** The `event:` line, where the protocol has one. */
  event?: string;
  data: JsonObject | string;
  /** `chunk`: carries a piece of the answer, and counts as a chunk of the script. `end`: from here on the answer is whole. */
  part?: 'chunk' | 'end';
}

export interface WireError {
  status: number;
  message: string;
  requestId: string;
}

/** A free call that only counts what a prompt has. It is no conversation of the script, and needs no rule. */
export interface TokenCounting {
  /** True for the paths (without query) of this call. */
  accepts(path: string): boolean;
  /** @throws DomainError `invalid_input` when the provider would refuse the request's shape */
  read(body: JsonObject, path: string): ConversationParts;
  write(tokens: number): JsonObject;
}

/**
 * One wire protocol: it translates, and knows neither scripts nor logs. A new protocol is a folder that exports one of
 * these and a line in `protocols.ts`.
 */
export interface WireProtocol {
  readonly name: ProviderProtocol;
  /** True for the paths (without query) to which this protocol's requests are posted. */
  accepts(path: string): boolean;
  /** @throws DomainError `invalid_input` when the provider would refuse the request's shape */
  readRequest(body: JsonObject, target: RequestTarget): WireRequest;
  /** Absent: the protocol has no call that counts without answering. */
  counting?: TokenCounting;
  /** The body of an answer that is not streamed. */
  writeAnswer(wire: WireAnswer): JsonObject;
  /** The events of a streamed answer, in order, to the last. */
  streamAnswer(wire: WireAnswer): Iterable<Frame>;
  /** The body of a refusal. */
  writeError(error: WireError): JsonObject;
  /** The event by which a stream that has begun reports a failure of the provider's. */
  streamError(error: WireError): Frame;
}
