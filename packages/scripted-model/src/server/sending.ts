import type { ServerResponse } from 'node:http';

/** A response under way. */
export interface Sending {
  response: ServerResponse;
  requestId: string;
  /** Aborted when the client has gone or the server closes. */
  gone: AbortSignal;
}
