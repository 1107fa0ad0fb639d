import {
  type AgentRunId,
  CircuitState,
  DomainError,
  isDomainError,
  type ModelUnavailable,
  type UpstreamRef,
  type Waiting,
  WaitKind,
} from '@fermata/contracts';
import { log } from '@temporalio/activity';
import type { Workspace } from '../workspace.js';

type Run = { id: string };

/** Says on a run's row what it waits for. */
export async function sayOfRun(workspace: Workspace, { id }: Run, waiting: Waiting): Promise<void> {
  await workspace.waiting.record({ subject: { type: 'agent_run', id: id as AgentRunId }, waiting });
}

/** The call goes on, whether or not it can be said that it is slow. */
export async function sayIfPossible(workspace: Workspace, run: Run, waiting: Waiting): Promise<void> {
  try {
    await sayOfRun(workspace, run, waiting);
  } catch (error) {
    log.warn('it cannot be said what a model call waits for', { agentRunId: run.id, error: String(error) });
  }
}

/** What a run waits for whose call failed and is going to be tried again; null when it is not. */
export function waitAfter(error: unknown): Waiting | null {
  if (!isDomainError(error) || !error.retryable) return null;
  const { message, retryAfterMs } = error;
  const again = retryAfterMs === undefined ? 'again and again' : `again in ${Math.ceil(retryAfterMs / 1_000)} s`;
  const until = retryAfterMs === undefined ? {} : { until: new Date(Date.now() + retryAfterMs).toISOString() };
  return { kind: WaitKind.rateLimit, detail: `${message} Tried ${again}.`, releasableBy: ['provider'], ...until };
}

/** What a call waits for that was not made, because other calls have found out how its provider is doing. */
export function waitForProvider({ model, host }: UpstreamRef, unavailable: ModelUnavailable): Waiting {
  const { circuit, until, reason } = unavailable;
  const why = reason === null ? '' : ` (${reason})`;
  const detail =
    circuit === CircuitState.closed
      ? `The next call needs ${model} at ${host}, which limits how often it may be called${why}. No run calls it before ${until}.`
      : `The next call needs ${model} at ${host}, which has failed again and again${why}. One call tries whether it is back, no earlier than ${until}.`;
  return { kind: WaitKind.rateLimit, detail, releasableBy: ['provider'], until };
}

/** Those who wait for the same moment do not all come at once. */
const spreadMs = 500;

/** The failure by which a call that was not made is tried again when it may be. */
export function notBefore(upstream: UpstreamRef, unavailable: ModelUnavailable): DomainError {
  const { circuit, inMs, until } = unavailable;
  const code = circuit === CircuitState.closed ? 'provider_rate_limited' : 'provider_unavailable';
  const retryAfterMs = inMs + Math.ceil(Math.random() * spreadMs);
  const { detail } = waitForProvider(upstream, unavailable);
  return new DomainError(code, detail, { ...upstream, circuit, until }, { retryAfterMs });
}
