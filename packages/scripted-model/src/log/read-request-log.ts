import { readFile } from 'node:fs/promises';
import type { LoggedRequest } from './logged-request.js';
import type { LogLine } from './request-log.js';

/**
 * The requests in a log file, also while its server is writing it and after that server was killed: a last line that
 * was not finished is left out.
 */
export async function readRequestLog(path: string): Promise<LoggedRequest[]> {
  const text = await readFile(path, 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  const requests = new Map<string, LoggedRequest>();
  for (const line of lines) {
    if (line === '') continue;
    const { type, ...entry } = JSON.parse(line) as LogLine;
    const known = requests.get(entry.id);
    if (type === 'request') requests.set(entry.id, entry as LoggedRequest);
    else if (known) known.outcome = entry.outcome;
  }
  return [...requests.values()];
}
