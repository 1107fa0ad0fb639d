import type { HttpFailure, StreamShape } from '../answers/answer.js';
import type { JsonObject } from '@fermata/contracts';
import type { WireAnswer, WireError, WireProtocol } from '../protocols/protocol.js';

/** A provider-shaped refusal. */
interface ErrorReply {
  kind: 'error';
  protocol: WireProtocol;
  error: Omit<WireError, 'requestId'>;
}

export interface AnswerReply {
  kind: 'answer';
  protocol: WireProtocol;
  wire: WireAnswer;
  stream: boolean;
  delayMs: number;
  shape: StreamShape;
}

interface FailureReply {
  kind: 'failure';
  protocol: WireProtocol;
  failure: HttpFailure;
}

/** What is sent, decided before anything is. */
export type Reply = ErrorReply | AnswerReply | FailureReply | { kind: 'hang' } | { kind: 'json'; body: JsonObject };
