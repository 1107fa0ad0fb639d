import { type AgentRunState, agentRunTransitions, DomainError, isFinal } from '@fermata/contracts';
import type { AgentRunRow } from './conversation.js';

/** What an attempt of an activity is told that comes too late: its run is over, and nothing more is done for it. */
export function hasEnded({ id, state }: AgentRunRow): DomainError {
  return new DomainError('conflict', `The agent run ${id} has ended (${state}): nothing more is done for it.`, {
    id,
    state,
  });
}

/** @throws DomainError `conflict` for a run that has ended */
export function refuseEnded(run: AgentRunRow): void {
  if (isFinal(agentRunTransitions, run.state as AgentRunState)) throw hasEnded(run);
}
