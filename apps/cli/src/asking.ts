import { createInterface } from 'node:readline/promises';
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
