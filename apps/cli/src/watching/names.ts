import type { Event } from '../graphql/events.js';
import type { OkrRun } from '../graphql/okr-run.js';

/** Learns what a run's tasks, key results and agent runs are called. */
export function learnNames(names: Map<string, string>, { tasks, keyResults, agentRuns }: OkrRun): void {
  for (const { id, title } of [...tasks, ...keyResults]) names.set(id, title);
  for (const { id, kind } of agentRuns) names.set(id, kind);
}

/** The first event of an agent run says what it is for. */
export function learnKind(names: Map<string, string>, { agentRunId, data }: Event): void {
  const { kind } = (data ?? {}) as { kind?: unknown };
  if (agentRunId !== null && typeof kind === 'string' && !names.has(agentRunId)) names.set(agentRunId, kind);
}
