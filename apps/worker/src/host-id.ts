import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

/**
 * This host's id, made once for each data directory: worktrees live in it, and their activities run on this host's
 * queue also after a restart.
 */
export async function hostId(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, 'host-id');
  const fresh = randomBytes(6).toString('hex');
  // Only the first of two workers that start at once writes; both then read the same.
  await writeFile(path, fresh, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return (await readFile(path, 'utf8')).trim();
}
