import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { readAll } from './asking.js';
import type { Context } from './context.js';

/**
 * The text of a file that was named on the command line; `-` is standard input.
 * @throws DomainError `invalid_input` when it cannot be read
 */
export async function readText(context: Context, file: string): Promise<string> {
  if (file === '-') return readAll(context);
  const path = resolve(context.cwd, file);
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new DomainError(
      'invalid_input',
      `${path} cannot be read: ${(error as Error).message}`,
      { path },
      { cause: error },
    );
  });
}
