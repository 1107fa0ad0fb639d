import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { DomainError } from '@fermata/contracts';
import type { Context } from './context.js';

/** Whether there is somebody to ask. */
export function isAttended({ stdin, stderr, json }: Context): boolean {
  return !json && stdin.isTTY === true && stderr.isTTY === true;
}

/** Asks on the terminal and gives the trimmed answer. */
export async function ask({ stdin, stderr }: Context, question: string): Promise<string> {
  const reader = createInterface({ input: stdin, output: stderr });
  try {
    return (await reader.question(`${question} `)).trim();
  } finally {
    reader.close();
  }
}

/**
 * Asks on the terminal for what must not be seen there: nothing that is typed is shown.
 * @throws DomainError `invalid_input` when the question is left with ^C or ^D
 */
export async function askHidden(
  { stdin, stderr }: Pick<Context, 'stdin' | 'stderr'>,
  question: string,
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal, so that it is the reader that echoes, into nowhere, and not the terminal itself.
  const reader = createInterface({ input: stdin, output: nowhere, terminal: true });
  const left = new AbortController();
  reader.once('SIGINT', () => left.abort()).once('close', () => left.abort());
  stderr.write(`${question} `);
  try {
    return await reader.question('', { signal: left.signal });
  } catch (error) {
    throw new DomainError('invalid_input', 'Nothing was given.', {}, { cause: error });
  } finally {
    reader.close();
    stderr.write('\n');
  }
}

/** Yes only for a word that says so. */
export async function confirm(context: Context, question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(context, `${question} [y/N]`));
}

/** All of standard input. */
export async function readAll({ stdin }: Context): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array | string));
  return Buffer.concat(chunks).toString('utf8');
}
