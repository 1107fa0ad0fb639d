import { spawn } from 'node:child_process';

/**
 * Runs the program that all this was for, with our terminal and its exit code as ours.
 * @param {{ program: string, args: readonly string[], env: Readonly<Record<string, string | undefined>> }} target
 */
export async function runTarget({ program, args, env }) {
  const child = spawn(program, args, { stdio: 'inherit', env });
  // A terminal sends ^C to both of us; passing it on would count as a second, impatient one.
  const onTerminal = process.stdin.isTTY === true || process.stderr.isTTY === true;
  /** @type {readonly NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    if (signal !== 'SIGINT' || !onTerminal) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, passOn);
  /** @type {[number | null, NodeJS.Signals | null]} */
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...how) => resolve(how));
  });
  for (const name of signals) process.off(name, passOn);
  if (signal === null) process.exitCode = code ?? 1;
  else process.kill(process.pid, signal);
}
