/**
 * Ends this process as SIGTERM does when standard input closes: whoever started it is gone. What has not ended within
 * `patienceMs` is killed, because nobody is there any more who would do it.
 *
 * The worker has the same few lines: no package that both may import is a place for them (import law).
 */
export function endWithStdin(patienceMs: number): void {
  process.stdin.resume();
  // The pipe alone must not keep a process alive that has ended its work.
  (process.stdin as { unref?: () => void }).unref?.();
  process.stdin.once('close', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), patienceMs).unref();
  });
}
