/**
 * Ends this process as SIGTERM does when standard input closes: whoever started it is gone. Work that does not end within
 * `patienceMs` is left as a crash would leave it, because nobody is there any more who would end this process.
 */
export function endWithStdin(patienceMs: number): void {
  process.stdin.resume();
  // The pipe alone must not keep a worker alive that has ended its work.
  (process.stdin as { unref?: () => void }).unref?.();
  process.stdin.once('close', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), patienceMs).unref();
  });
}
