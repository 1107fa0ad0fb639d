/** Ends this process as SIGTERM does when standard input closes: whoever started it is gone. */
export function endWithStdin(): void {
  process.stdin.resume();
  // The pipe alone must not keep a worker alive that has ended its work.
  (process.stdin as { unref?: () => void }).unref?.();
  process.stdin.once('close', () => process.kill(process.pid, 'SIGTERM'));
}
