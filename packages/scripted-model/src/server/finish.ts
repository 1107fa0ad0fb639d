import type { ServerResponse } from 'node:http';
import type { Outcome } from '../log/logged-request.js';
import type { Sending } from './sending.js';

/** Ends the response; `abandoned` when the connection went before the last byte was handed to the network. */
export function finish(response: ServerResponse, text = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    response.once('finish', () => resolve('answered'));
    response.once('close', () => resolve(response.writableFinished ? 'answered' : 'abandoned'));
    if (response.destroyed) resolve('abandoned');
    else response.end(text);
  });
}

/** Says nothing until the other side gives up. */
export async function hang({ gone }: Sending): Promise<Outcome> {
  if (!gone.aborted) await new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true }));
  return 'hung';
}
