import { type ModelAnswer, type ModelRequest } from '@fermata/contracts';
import type { CheckedEndpoint } from './check-endpoint.js';
import type { ModelCallOptions, ModelClient, ModelProgress } from './model-client.js';
import { type FailedCall, isProviderFailure, NotAStream, ProviderSilent, toProviderError } from './provider-errors.js';
import { type SilenceWatch, watchSilence } from './silence-watch.js';

/** Builds one answer from the events of one stream. */
export interface AnswerCollector<Event> {
  /** Takes one event; true when the answer is complete and nothing more need be read. Throws on what it cannot place. */
  add(event: Event): boolean;
  /** The answer, or null when the stream ended before it was complete. */
  answer(): Omit<ModelAnswer, 'requestId'> | null;
}

/** What differs between protocols. */
export interface Dialect<Event> {
  /** Sends the request; resolves with the headers of a success. */
  open(request: ModelRequest, watch: SilenceWatch): Promise<OpenStream<Event>>;
  collect(request: ModelRequest, progress: (delta: ModelProgress) => void): AnswerCollector<Event>;
}

export interface OpenStream<Event> {
  data: AsyncIterable<Event>;
  response: Response;
  request_id: string | null | undefined;
}

const defaultSilenceMs = 240_000;

/** SDK settings common to all: no retries (Temporal's task), no logging (it would print bodies), no timeout of its own. */
export const sdkDefaults = { maxRetries: 0, logLevel: 'off', timeout: 24 * 3_600_000 } as const;

/** Makes a client of a dialect: cancel, silence, broken streams and errors are the same for every protocol. */
export function createStreamingClient<Event>(endpoint: CheckedEndpoint, dialect: Dialect<Event>): ModelClient {
  return {
    async call(request, options = {}) {
      options.signal?.throwIfAborted();
      const limitMs = options.requestTimeoutMs ?? defaultSilenceMs;
      const watch = watchSilence(limitMs, options.signal, options.onSign);
      const call = { endpoint, model: request.model, phase: 'request' as 'request' | 'stream' };
      try {
        const opened = await dialect.open(request, watch);
        assertEventStream(opened.response);
        call.phase = 'stream';
        const answer = await readAnswer(opened, dialect.collect(request, options.onProgress ?? ignore));
        // SDKs end the iteration quietly when aborted, which looks like a stream that ended early.
        if (answer) return answer;
        throw new Error('the stream ended before the answer was complete');
      } catch (error) {
        options.signal?.throwIfAborted();
        throw translated(watch.timedOut ? new ProviderSilent(limitMs) : error, { ...call, now: new Date() });
      } finally {
        watch.stop();
      }
    },
  };
}

function translated(failure: unknown, call: FailedCall): unknown {
  return call.phase === 'stream' || isProviderFailure(failure) ? toProviderError(failure, call) : failure;
}

async function readAnswer<Event>(
  { data, request_id }: OpenStream<Event>,
  collector: AnswerCollector<Event>,
): Promise<ModelAnswer | null> {
  for await (const event of data) if (collector.add(event)) break;
  const answer = collector.answer();
  return answer && { ...answer, requestId: request_id ?? null };
}

/** A proxy's page or a server that does not stream is told from the content type, before anything is parsed. */
function assertEventStream(response: Response): void {
  const contentType = response.headers.get('content-type') ?? '';
  if (/html|json|xml/i.test(contentType)) throw new NotAStream(contentType);
}

function ignore(_delta: Parameters<NonNullable<ModelCallOptions['onProgress']>>[0]): void {}
