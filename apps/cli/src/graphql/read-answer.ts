import { DomainError, isErrorCode, type JsonObject } from '@fermata/contracts';
import type { Server } from './find-server.js';
import { ServerUnreachable } from './server-unreachable.js';

export interface AnswerError {
  message: string;
  extensions?: { code?: unknown; details?: JsonObject; reference?: string } | null;
}

interface Answer {
  data?: unknown;
  errors?: readonly AnswerError[];
}

/**
 * The data of an answer.
 * @throws DomainError with the code the API gave; ServerUnreachable when what answered is no Fermata
 */
export async function readAnswer(response: Response, server: Server): Promise<unknown> {
  const answer = (await response.json().catch(() => null)) as Answer | null;
  const [error] = answer?.errors ?? [];
  if (error !== undefined) throw toDomainError(error, server);
  if (answer?.data == null) throw noFermata(response.status, server);
  return answer.data;
}

/** An error as the API words it; a refused token says where it is from. */
export function toDomainError({ message, extensions }: AnswerError, { url, tokenFrom }: Server): DomainError {
  const code = isErrorCode(extensions?.code) ? extensions.code : 'internal';
  const { details = {}, reference } = extensions ?? {};
  if (code === 'unauthenticated')
    return new DomainError(
      code,
      `${url} does not accept the token from ${tokenFrom}. Put a valid one there, or set FERMATA_TOKEN.`,
      details,
    );
  return new DomainError(code, message, { ...details, ...(reference !== undefined && { reference }) });
}

function noFermata(status: number, { url, urlFrom }: Server): ServerUnreachable {
  const message = `What answers at ${url} (HTTP ${status}) is no Fermata; the address is from ${urlFrom}. Correct it, or remove it to use the Fermata on this machine.`;
  return new ServerUnreachable(message, { url, status });
}
