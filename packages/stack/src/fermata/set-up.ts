import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DomainError } from '@fermata/contracts';

const run = promisify(execFile);
const timeoutMs = 120_000;

/**
 * Runs the set-up program and reads the admin token it has put into `tokenFile`.
 *
 * @throws DomainError `unavailable` with what the program said
 */
export async function setUp(
  program: string,
  { env, tokenFile }: { env: Record<string, string>; tokenFile: string },
): Promise<string> {
  try {
    await run(process.execPath, [program], { env: { ...env, FERMATA_TOKEN_FILE: tokenFile }, timeout: timeoutMs });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? String(error);
    throw new DomainError('unavailable', `The database could not be set up: ${said}`, {}, { cause: error });
  }
  return (await readFile(tokenFile, 'utf8')).trim();
}
