import { DomainError, type ErrorCode } from '@fermata/contracts';
import { diskFull } from '../data-directory.js';
import { partNames, type StackPart } from '../stack.js';

/** A server that ended, or never answered, while it was being started. */
export interface ServerFailure {
  part: StackPart;
  /** How it ended, or that it did not answer. */
  how: string;
  output: string;
  logFile: string;
  dataPath: string;
}

/** Programs of others tell the cause only in their output; this is the one place where it is read. */
const causes: readonly { pattern: RegExp; code: ErrorCode; summary: string }[] = [
  { pattern: /address already in use/i, code: 'port_taken', summary: 'a port it needs is taken' },
  {
    pattern: /no space left on device|disk quota exceeded|database or disk is full/i,
    code: 'disk_full',
    summary: 'the disk is full',
  },
  {
    pattern: /incompatible with server|was initialized by PostgreSQL version/i,
    code: 'data_directory_unusable',
    summary: 'its data is of another version',
  },
  {
    pattern:
      /permission denied|read-only file system|database disk image is malformed|invalid permissions|could not open directory/i,
    code: 'data_directory_unusable',
    summary: 'its data cannot be used',
  },
];

/** The DomainError for a failed start, with the last lines of the server's own log. */
export function explainServerFailure(failure: ServerFailure): DomainError {
  const { part, how, output, logFile, dataPath } = failure;
  const cause = causes.find(({ pattern }) => pattern.test(output));
  if (cause?.code === 'disk_full') return diskFull(dataPath, output);
  const lastLines = output.trim().split('\n').slice(-5).join('\n');
  const summary = cause === undefined ? how : `${cause.summary} (${how})`;
  const message = `The ${partNames[part]} did not start: ${summary}. Its data is in ${dataPath}, its log in ${logFile}${lastLines === '' ? '.' : `, which ends:\n${lastLines}`}`;
  return new DomainError(cause?.code ?? 'unavailable', message, { part, logFile, dataPath });
}
