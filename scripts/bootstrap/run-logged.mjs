import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { BootstrapError } from './bootstrap-error.mjs';

const tailLines = 12;
/** npm ends some errors with its whole manual. */
const npmUsage = /^npm error( {2,}|\s*$|( Usage| Options| aliases| \[-| Run "npm help))/;

/** Children that must not outlive us. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends whatever is being run right now. */
export function endRunning() {
  for (const child of running) child.kill('SIGTERM');
}

/**
 * Runs a program with all its output in a log file.
 * @param {{ title: string, program: string, args: readonly string[], cwd: string, log: string, env: Readonly<Record<string, string | undefined>>, hint?: string }} command
 * @throws BootstrapError with the end of the log and where the whole of it is
 */
export async function runLogged({ title, program, args, cwd, log, env, hint }) {
  const file = openSync(log, 'w');
  writeSync(file, `$ ${program} ${args.join(' ')}\n`);
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', file, file] });
  running.add(child);
  /** @type {string} */
  const how = await new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? (code === 0 ? '' : `exit code ${code}`)));
    child.once('error', (error) => resolve(error.message));
  });
  running.delete(child);
  closeSync(file);
  if (how === '') return;
  const output = readFileSync(log, 'utf8');
  const tail = output
    .split('\n')
    .filter((line) => line.trim() !== '' && !npmUsage.test(line))
    .slice(-tailLines)
    .map((line) => `  | ${line.slice(0, 240)}`);
  const full = /ENOSPC|no space left on device/i.test(output);
  const wayOut = full ? 'The disk is full: make room and try again.' : hint;
  throw new BootstrapError(
    full ? 'disk_full' : 'step_failed',
    [
      `${title} failed (${how}). The end of the log:`,
      ...tail,
      `The whole log: ${log}`,
      ...(wayOut ? [wayOut] : []),
    ].join('\n'),
  );
}
