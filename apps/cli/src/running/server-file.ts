import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a running `fermata up` tells other commands of the same data directory. */
export interface ServerFile {
  url: string;
  temporalUiUrl: string | null;
  /** The process of `fermata up`. */
  pid: number;
  startedAt: string;
}

export function serverFileIn(home: string): string {
  return join(home, 'server.json');
}

/** Null when there is none, or none that can be understood. */
export async function readServerFile(home: string): Promise<ServerFile | null> {
  try {
    const file = JSON.parse(await readFile(serverFileIn(home), 'utf8')) as ServerFile;
    return URL.canParse(file.url) ? file : null;
  } catch {
    return null;
  }
}

/** Writes by rename: a reader sees all of it or nothing. */
export async function writeServerFile(home: string, file: ServerFile): Promise<void> {
  const path = serverFileIn(home);
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

export async function removeServerFile(home: string): Promise<void> {
  await rm(serverFileIn(home), { force: true });
}
