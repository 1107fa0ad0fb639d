import { DomainError } from '../errors.js';
import { AgentRuntime } from './agent-run.js';
import { type AgentLaunch, AgentPreset, usesOwnLogin } from './agent-launch.js';
import { presetFacts } from './agent-presets.js';

/** The runtimes that there are today. */
export const runnableRuntimes: readonly AgentRuntime[] = [AgentRuntime.api, AgentRuntime.acp, AgentRuntime.command];

/**
 * Refuses an agent that cannot be run: our own loop must not work, and be paid, in its place.
 * @throws DomainError `invalid_input`
 */
export function assertRunnable(agent: { name: string; runtime: string; launch?: AgentLaunch | null }): void {
  const { name, runtime, launch } = agent;
  const details = { agent: name, runtime };
  if (!runnableRuntimes.some((known) => known === runtime)) {
    const message = `The agent ${name} is to run by ${runtime}, which is not there yet. Save it with the runtime ${runnableRuntimes.join(' or ')}.`;
    throw new DomainError('invalid_input', message, details);
  }
  if (runtime === AgentRuntime.acp && !launch) {
    const message = `The agent ${name} is to run by acp, but not as which program. Name one of ${Object.values(AgentPreset).join(', ')}, or a command.`;
    throw new DomainError('invalid_input', message, details);
  }
  if (runtime === AgentRuntime.command && !(launch && 'command' in launch)) {
    const message = `The agent ${name} is to run by command, but not by which one. Give it { command, args, env }.`;
    throw new DomainError('invalid_input', message, details);
  }
  assertCanLogIn(name, launch ?? null);
}

function assertCanLogIn(name: string, launch: AgentLaunch | null): void {
  if (launch === null || !('preset' in launch) || usesOwnLogin(launch)) return;
  const { title, usesGateway } = presetFacts[launch.preset];
  if (usesGateway) return;
  const message = `${title} asks models with a login of its own only. Save the agent ${name} with the login own: see docs/guides/agents.md.`;
  throw new DomainError('invalid_input', message, { agent: name });
}
