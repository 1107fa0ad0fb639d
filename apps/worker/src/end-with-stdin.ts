/** Ends this process as SIGTERM does when standard input closes: whoever started it is gone. */
export function endWithStdin(): void {
  process.stdin.resume();
  process.stdin.once('close', () => process.kill(process.pid, 'SIGTERM'));
}
