import type { IncomingMessage } from 'node:http';
import { unpaidNames } from '../models/refused-by-provider.js';
import { piecesOf } from './call-upstream.js';
import { objectAt, objectsAt, isObject, textAt } from './dialects/json-members.js';

/** A call that another model may answer: nothing of an answer has gone to the client. */
export interface MissedAnswer {
  /** Why its provider did not answer, in a few words. */
  reason: string;
  /** Waiting does not mend it, and it is not the request that is wrong: the key, the address, the model, the bill. */
  refused: boolean;
  /** A model that stands in does not take this request: nothing is said of it by that, nor of the model of the run. */
  ofRequest?: true;
  /** Tells the client what came in place of an answer. */
  say: () => Promise<void> | void;
}

/** The largest error that is kept until it is known whether another model answers. */
const maxErrorBytes = 1024 * 1024;

/** What a provider said in place of an answer. A piece that is missing is missing for the client, too. */
export async function readError(answer: IncomingMessage, silenceMs: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of piecesOf(answer, silenceMs)) {
      pieces.push(piece);
      size += piece.length;
      if (size > maxErrorBytes) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(pieces);
}

/** Why a model that stands in is passed over: it was written for another one. Limits pass by themselves. Null for others. */
export function whyUnsuited(status: number): Pick<MissedAnswer, 'reason' | 'refused' | 'ofRequest'> | null {
  const isUnsuited = status >= 400 && status < 500 && status !== 429;
  return isUnsuited
    ? { reason: `it does not take the request (HTTP ${status})`, refused: false, ofRequest: true }
    : null;
}

/** Why a status and what came with it are no answer to this request, but something between us and the provider; null when they are. */
export function whyMissed(status: number, error: Buffer): Pick<MissedAnswer, 'reason' | 'refused'> | null {
  if (status >= 500 || status === 408) return { reason: `HTTP ${status}`, refused: false };
  if (status >= 300 && status < 400) return { reason: `its address leads elsewhere (HTTP ${status})`, refused: true };
  const said = parse(error);
  if (status === 401 || status === 403) return { reason: `its provider refuses us (HTTP ${status})`, refused: true };
  if (said === null) return isAddress(status) ? { reason: `no API answers (HTTP ${status})`, refused: true } : null;
  const name = namesIn(said).find((one) => refusing.has(one));
  return name === undefined ? null : { reason: `its provider refuses us (HTTP ${status}, ${name})`, refused: true };
}

/** A used-up quota comes as 429, a key that is wrong as 400 from Google, a model that is not known as 400 or 404. */
const refusing = new Set([...unpaidNames, 'model_not_found', 'not_found_error', 'NOT_FOUND', 'API_KEY_INVALID']);

const isAddress = (status: number): boolean => [404, 405, 415].includes(status);

function namesIn(said: unknown): string[] {
  const error = objectAt(said, 'error');
  const reasons = objectsAt(error, 'details').map((detail) => textAt(detail, 'reason'));
  const names = [textAt(error, 'type'), textAt(error, 'code'), textAt(error, 'status'), ...reasons];
  return names.filter((name) => name !== null);
}

function parse(error: Buffer): unknown {
  try {
    const said: unknown = JSON.parse(error.toString('utf8'));
    return isObject(said) ? said : null;
  } catch {
    return null;
  }
}
