import { exceededWords, type ProcessResult } from '../processes/index.js';

/** How a command ended, in square brackets, so that no output is mistaken for it. */
export function endingOf(result: ProcessResult, timeoutMs?: number): string {
  if (result.timedOut) {
    const after = timeoutMs === undefined ? '' : ` after ${timeoutMs / 1000} s`;
    return `[timed out${after}; everything it had started was ended]`;
  }
  if (result.cancelled) return '[ended by request]';
  if (result.exceeded !== undefined) return `[${exceededWords(result.exceeded)}]`;
  if (result.signal !== null) return `[ended by signal ${result.signal}]`;
  if (result.exitCode === null) return '[could not be run]';
  if (result.exitCode !== 0) return `[exit code ${result.exitCode}]`;
  return result.output.trim() === '' ? '[exit code 0, no output]' : '[exit code 0]';
}
