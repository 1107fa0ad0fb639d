import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitContext } from './git-context.js';

/**
 * Says that a clean checkout at `expected` is being moved to `commit`. Written before its first file changes and removed
 * after the branch has moved, so that what is found there after a crash can be told from the user's own changes.
 */
export interface LandingJournal {
  checkout: string;
  targetBranch: string;
  expected: string;
  commit: string;
}

export async function readJournal(context: GitContext, landing: LandingJournal): Promise<boolean> {
  const text = await readFile(pathOf(context, landing), 'utf8').catch(() => null);
  return text === textOf(landing);
}

export async function writeJournal(context: GitContext, landing: LandingJournal): Promise<void> {
  const path = pathOf(context, landing);
  await writeFile(`${path}.tmp`, textOf(landing));
  await rename(`${path}.tmp`, path);
}

export async function removeJournal(context: GitContext, landing: LandingJournal): Promise<void> {
  await rm(pathOf(context, landing), { force: true });
}

function textOf({ checkout, targetBranch, expected, commit }: LandingJournal): string {
  return JSON.stringify({ checkout, targetBranch, expected, commit });
}

function pathOf(context: GitContext, { checkout, targetBranch }: LandingJournal): string {
  const name = createHash('sha256').update(`${checkout}\0${targetBranch}`).digest('hex').slice(0, 32);
  return join(context.dataDir, 'landings', `${name}.json`);
}
