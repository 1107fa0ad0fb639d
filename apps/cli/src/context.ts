import type { Readable } from 'node:stream';
import type { CliConfig } from './config.js';
import type { ExitCode } from './exit-code.js';
import type { Api } from './graphql/api.js';
import type { Style } from './rendering/style.js';

export type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };

export interface Streams {
  stdin: Readable & { isTTY?: boolean };
  stdout: Output;
  stderr: Output;
}

/** What a verb has to work with. */
export interface Context extends Streams {
  config: CliConfig;
  /** One JSON document on stdout is all that is asked for. */
  json: boolean;
  cwd: string;
  /** For what is shown on stdout. */
  style: Style;
  /** Columns that what is shown may use. */
  width: number;
  now: () => Date;
  /** The API, found when first asked for. */
  api: () => Promise<Api>;
  /** Says a line while the work goes on: on stdout, or on stderr when stdout is kept for JSON. */
  say: (line: string) => void;
  /** Says on stderr what whoever gave the order should know; the order was carried out nevertheless. */
  warn: (line: string) => void;
  /** Aborted by ^C or SIGTERM once a verb has said, by `interruptible`, that it ends in order by itself. */
  interruptible: () => AbortSignal;
}

/** What a verb came to: the same thing for a person and for a program. */
export interface Outcome {
  text: string;
  json: unknown;
  /** Done when left out. */
  exitCode?: ExitCode;
  /** It was printed when it was known, long before the verb ended. */
  printed?: boolean;
}
