import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { KnownProcess } from './end-process.mjs';
import { processIdentity } from './process-identity.mjs';

export interface Guardian extends KnownProcess {
  /** Sends it away: the servers were ended in order. */
  dismiss(): void;
}

/**
 * Starts the process that ends the servers when we are gone without having done it. It waits on a pipe that only we hold
 * open, as a shell, which costs a megabyte where a second Node would cost forty; Node starts when there is work.
 * @param recordPath `stack.json`
 * @param holder identity of this process
 */
export function postGuardian(recordPath: string, holder: string): Guardian {
  const script = fileURLToPath(new URL('guardian.mjs', import.meta.url));
  const wait = 'while read -r _; do :; done; exec "$0" "$@"';
  const child = spawn('/bin/sh', ['-c', wait, process.execPath, script, recordPath, holder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => undefined);
  child.unref();
  const pipe = child.stdin as typeof child.stdin & { unref?: () => void };
  pipe.on('error', () => undefined);
  pipe.unref?.();
  const pid = child.pid ?? 0;
  return { pid, identity: processIdentity(pid) ?? '', dismiss: () => void child.kill('SIGKILL') };
}
