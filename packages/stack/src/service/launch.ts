import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { KnownProcess } from '../processes/end-process.mjs';
import { processIdentity } from '../processes/process-identity.mjs';

/** How to run one server. Its output goes to a file, not a pipe: a broken pipe would end it together with us. */
export interface LaunchCommand {
  program: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** Runs as this user; only root can. */
  user?: { uid: number; gid: number } | undefined;
  logFile: string;
  /** Its standard input is a pipe that only we hold open: it ends itself when we are gone. */
  endsWithUs?: boolean;
}

export interface RunningServer extends KnownProcess {
  child: ChildProcess;
  /** Settles when the process is gone, with how it ended. */
  ended: Promise<string>;
  /** The end of what this very run has written. */
  logTail(): string;
}

const rotateAtBytes = 16 * 1024 * 1024;
/** A Go program that panics tells the cause first and then every goroutine's stack: the end must reach back past those. */
const tailBytes = 64 * 1024;

/**
 * Starts a server in its own session, so that ^C in the terminal reaches us and not it: we end the servers in order.
 * @throws the error of spawn (ENOENT, EACCES)
 */
export async function launch(command: LaunchCommand): Promise<RunningServer> {
  const log = openLog(command.logFile);
  const offset = statSync(command.logFile).size;
  const { program, args, cwd, env, user } = command;
  const stdin = command.endsWithUs ? 'pipe' : 'ignore';
  const child = spawn(program, args, { cwd, env, ...user, detached: true, stdio: [stdin, log, log] });
  closeSync(log);
  const ended = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)),
  );
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  unrefPipe(child);
  const pid = child.pid ?? 0;
  return { child, pid, identity: processIdentity(pid) ?? '', ended, logTail: () => readTail(command.logFile, offset) };
}

function openLog(path: string): number {
  try {
    if (statSync(path).size > rotateAtBytes) renameSync(path, `${path}.1`);
  } catch {
    // No log yet.
  }
  return openSync(path, 'a', 0o600);
}

function readTail(path: string, from: number): string {
  const size = statSync(path).size;
  const start = Math.max(from, size - tailBytes);
  const buffer = Buffer.alloc(Math.max(0, size - start));
  const file = openSync(path, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, start));
  } finally {
    closeSync(file);
  }
}

function unrefPipe({ stdin }: ChildProcess): void {
  // The service may end before it reads.
  stdin?.on('error', () => undefined);
  if (stdin instanceof Socket) stdin.unref();
}
