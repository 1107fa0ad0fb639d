import type { ServerResponse } from 'node:http';
import type { GatewayDialect } from './dialects/dialect.js';
import type { GatewayRefusal } from './gateway-ports.js';

/** The answer that a client gets: refused, or passed through. */
export class ClientReply {
  /** Aborted when the client went before its answer was whole. */
  readonly gone: AbortSignal;
  readonly #response: ServerResponse;
  readonly #requestId: string;
  /** Something of the provider's has been handed on. */
  #begun = false;
  #isStream = false;

  constructor(response: ServerResponse, requestId: string) {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    response.on('error', () => gone.abort());
    this.gone = gone.signal;
    this.#response = response;
    this.#requestId = requestId;
  }

  /** Says no in the words of the protocol, within the stream when one is open; breaks off half an answer of another kind. */
  refuse(dialect: GatewayDialect, refusal: GatewayRefusal): void {
    const response = this.#response;
    if (response.writableEnded || response.destroyed) return;
    if (response.headersSent) {
      if (!this.#isStream) return this.cut();
      response.end(dialect.streamError(refusal, { requestId: this.#requestId, begun: this.#begun }));
      return;
    }
    const { status, retryAfterMs } = refusal;
    const again = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
    this.json(dialect.writeError(refusal, this.#requestId), { status, headers: again });
  }

  json(body: object, { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {}): void {
    const ids = { 'request-id': this.#requestId, 'x-request-id': this.#requestId };
    this.#response.writeHead(status, { 'content-type': 'application/json', ...ids, ...headers });
    this.#response.end(JSON.stringify(body));
  }

  /** Opens a stream of our own, for what its client takes only from an event. */
  openStream(): void {
    this.open(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  }

  open(status: number, headers: Record<string, string>): void {
    this.#isStream = (headers['content-type'] ?? '').startsWith('text/event-stream');
    this.#response.writeHead(status, headers);
    this.#response.flushHeaders();
  }

  /** Hands bytes on at once; null when more may follow at once, too, else what to wait for. */
  write(bytes: Buffer): Promise<void> | null {
    const response = this.#response;
    this.#begun ||= bytes.length > 0;
    if (bytes.length === 0 || response.destroyed || response.write(bytes)) return null;
    return new Promise((resolve) => {
      const go = (): void => {
        response.off('drain', go).off('close', go);
        resolve();
      };
      response.once('drain', go).once('close', go);
    });
  }

  end(bytes: Buffer): void {
    this.#response.end(bytes);
  }

  /** Breaks off, so that half an answer is not taken for a whole one. */
  cut(): void {
    this.#response.destroy();
  }
}
