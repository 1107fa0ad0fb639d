import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
import { textOf } from './document.js';
import type { Server } from './find-server.js';
import { readAnswer } from './read-answer.js';
import { ServerUnreachable } from './server-unreachable.js';
import { calledAs } from '../called-as.js';

export interface AskOptions {
  /** False for an order that must not be given twice: it is sent again only if it never arrived. */
  repeatable?: boolean;
  /** How often it is sent again when the server cannot be reached. */
  retries?: number;
}

/** The API of one server. */
export interface Api {
  readonly server: Server;
  /**
   * Sends a query or an order and gives its data. A connection that fails is tried again.
   * @throws ServerUnreachable; DomainError with the code of the API's answer
   */
  ask<Result, Variables>(
    document: DocumentTypeDecoration<Result, Variables>,
    variables: Variables,
    options?: AskOptions,
  ): Promise<Result>;
}

/** Adding a repository looks at all of it before it answers. */
const answerTimeoutMs = 150_000;
/** A server that takes longer than this may hang, and nobody is left to wonder whether it does. */
const silenceMs = 3_000;
const repeatedEveryMs = 30_000;
const defaultRetries = 5;
const firstPauseMs = 200;

export interface Silence {
  say: (text: string) => void;
  /** How long nothing is said. */
  afterMs?: number;
}

export function createApi(server: Server, silence: Silence): Api {
  return {
    server,
    async ask<Result, Variables>(
      document: DocumentTypeDecoration<Result, Variables>,
      variables: Variables,
      { repeatable = true, retries = defaultRetries }: AskOptions = {},
    ) {
      const body = JSON.stringify({ query: textOf(document), variables });
      for (let attempt = 0; ; attempt++) {
        const answer = await toldMeanwhile(server, silence, post(server, body));
        if (!(answer instanceof ServerUnreachable)) return (await readAnswer(answer, server)) as Result;
        const { reached, timedOut } = answer.details;
        const mayRepeat = (repeatable && timedOut !== true) || reached === false;
        if (!mayRepeat || attempt >= retries) throw answer;
        await sleep(firstPauseMs * 2 ** attempt);
      }
    },
  };
}

/** Says now and then that there is no answer yet. */
async function toldMeanwhile<Answer>(
  { url }: Server,
  { say, afterMs = silenceMs }: Silence,
  answer: Promise<Answer>,
): Promise<Answer> {
  const tell = (): void =>
    say(`Still waiting for the server at ${url}. \`${calledAs} doctor\` says what is wrong with it.`);
  const repeated: NodeJS.Timeout[] = [];
  const first = setTimeout(() => {
    tell();
    repeated.push(setInterval(tell, repeatedEveryMs));
  }, afterMs);
  try {
    return await answer;
  } finally {
    clearTimeout(first);
    repeated.forEach(clearInterval);
  }
}

async function post(server: Server, body: string): Promise<Response | ServerUnreachable> {
  try {
    return await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
  } catch (error) {
    return unreachable(server, error);
  }
}

function unreachable({ url, urlFrom }: Server, error: unknown): ServerUnreachable {
  const { cause, name } = error as { cause?: { code?: string; message?: string }; name: string };
  const code = cause?.code ?? cause?.message ?? name;
  const reached = code !== 'ECONNREFUSED' && code !== 'ENOTFOUND' && code !== 'EAI_AGAIN';
  const what = reached ? `The connection to ${url} broke (${code})` : `Nothing answers at ${url} (${code})`;
  const message = `${what}; the address is from ${urlFrom}. Start Fermata with \`${calledAs} up\`, or look with \`${calledAs} status\`.`;
  return new ServerUnreachable(message, { url, reached, timedOut: name === 'TimeoutError' }, error);
}
