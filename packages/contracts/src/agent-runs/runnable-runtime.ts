import { DomainError } from '../errors.js';
import { AgentRuntime } from './agent-run.js';

/** The runtimes that there are today. */
export const runnableRuntimes: readonly AgentRuntime[] = [AgentRuntime.api];

/**
 * Refuses an agent whose runtime is named but not there yet: our own loop must not work, and be paid, in its place.
 * @throws DomainError `invalid_input`
 */
export function assertRunnable({ name, runtime }: { name: string; runtime: string }): void {
  if (runnableRuntimes.some((known) => known === runtime)) return;
  const message = `The agent ${name} is to run by ${runtime}, which is not there yet. Save it with the runtime ${runnableRuntimes.join(' or ')}.`;
  throw new DomainError('invalid_input', message, { agent: name, runtime });
}
