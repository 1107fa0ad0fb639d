import type { SandboxLimits, SandboxProfile } from '@fermata/contracts';
import type { ProcessInput } from './process-input.js';

/** What to run, where, and within which limits. */
export interface ProcessOptions {
  /** A program, looked up in `env.PATH`; with `shell` a command line. */
  command: string;
  /** Passed as they are, never through a shell. With `shell` they are the positional parameters `$1`, `$2`, … */
  args?: readonly string[];
  /** Run `command` through `/bin/sh -c`. */
  shell?: boolean;
  cwd: string;
  /** The whole environment of the process: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  stdin?: string;
  /** In place of `stdin`: what it reads is written while it runs. */
  input?: ProcessInput;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Called with each chunk, stdout and stderr merged in order of arrival. Must not throw. */
  onOutput?: (chunk: string) => void;
  /** As `onOutput`, of its stdout alone. */
  onStdout?: (chunk: string) => void;
  /** Bytes kept of each of `stdout`, `stderr` and `output`; of more, the head and the tail are kept. Default 1 MiB. */
  outputCapBytes?: number;
  /** Between TERM and KILL. Default 2000. */
  graceMs?: number;
  /** What it sees and may use. Without it, it runs as this user. `cwd` and `env` are as they are inside. */
  sandbox?: SandboxProfile;
}

/** How it ended. A non-zero exit is a result, not an error. */
export interface ProcessResult {
  /** Null when a signal ended it, or when it was cancelled before it started. */
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  cancelled: boolean;
  /** The limit of its sandbox that it ran into, and was ended for. */
  exceeded?: keyof SandboxLimits;
  stdout: string;
  stderr: string;
  /** Both, merged in order of arrival, capped. */
  output: string;
  /** Bytes printed, kept or not. */
  outputBytes: number;
  /** Something was cut out of `output`, and perhaps of `stdout` or `stderr`. */
  truncated: boolean;
  durationMs: number;
}
