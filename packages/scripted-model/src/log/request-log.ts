import { closeSync, openSync, writeSync } from 'node:fs';
import { DomainError } from '@fermata/contracts';
import type { LoggedRequest, Outcome } from './logged-request.js';

/** One line of a log file: a request when it is decided how to answer it, and later how that ended. */
export type LogLine = ({ type: 'request' } & LoggedRequest) | { type: 'end'; id: string; outcome: Outcome };

export interface RequestLog {
  requests(): LoggedRequest[];
  add(request: LoggedRequest): void;
  end(request: LoggedRequest, outcome: Outcome): void;
  /** Forgets what is in memory; the file keeps it. */
  reset(): void;
  close(): void;
}

/**
 * A log in memory and, with a path, in a file of JSON lines. Lines are written synchronously before any byte of the
 * answer, so that a request that was answered is in the file even when this process is killed the next moment.
 * @throws DomainError `data_directory_unusable` when the file cannot be opened for appending
 */
export function createRequestLog(path?: string): RequestLog {
  const file = path === undefined ? null : openLog(path);
  let requests: LoggedRequest[] = [];
  let open = true;
  const write = (line: LogLine): void => {
    if (file !== null && open) writeSync(file, `${JSON.stringify(line)}\n`);
  };
  return {
    requests: () => [...requests],
    add: (request) => {
      requests.push(request);
      write({ type: 'request', ...request });
    },
    end: (request, outcome) => {
      request.outcome = outcome;
      write({ type: 'end', id: request.id, outcome });
    },
    reset: () => {
      requests = [];
    },
    close: () => {
      if (file !== null && open) closeSync(file);
      open = false;
    },
  };
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (cause) {
    const message = `The log ${path} cannot be written. Give a path in a folder that exists and is writable.`;
    throw new DomainError('data_directory_unusable', message, {}, { cause });
  }
}
