import {
  AgentRunState,
  agentRunTransitions,
  DomainError,
  IdPrefix,
  idPrefix,
  isFinal,
  OkrRunState,
  okrRunTransitions,
  settledTaskStates,
  TaskState,
} from '@fermata/contracts';
import type { Api } from '../graphql/api.js';
import type { Event } from '../graphql/events.js';
import { found } from '../graphql/found.js';
import { whyQuery } from '../graphql/why.js';

/** What logs are about: which events of which run, and when there will be no more. */
export interface LogsSubject {
  okrRunId: string;
  isAbout(event: Event): boolean;
  /** The event says that it ended; a task may be reopened, so its state is read again. */
  mayEnd(event: Event): boolean;
  hasEnded(): Promise<boolean>;
}

/** @throws DomainError `invalid_input` for ids of anything that has no log; `not_found` */
export async function logsSubject(api: Api, id: string): Promise<LogsSubject> {
  const prefix = idPrefix(id);
  if (prefix !== IdPrefix.okrRun && prefix !== IdPrefix.task && prefix !== IdPrefix.agentRun)
    throw new DomainError('invalid_input', `"${id}" has no log: give an id like okr_…, task_… or run_….`, { id });
  const read = async () => {
    const node = found((await api.ask(whyQuery, { id })).node, 'run', id);
    return { okrRunId: 'okrRun' in node ? node.okrRun.id : node.id, ended: isEnd(prefix, stateOf(node)) };
  };
  const { okrRunId } = await read();
  return {
    okrRunId,
    isAbout: (event) => prefix === IdPrefix.okrRun || event.taskId === id || event.agentRunId === id,
    mayEnd: ({ subjectId, data }) => subjectId === id && isEnd(prefix, (data as { to?: unknown } | null)?.to),
    hasEnded: async () => (await read()).ended,
  };
}

function stateOf(node: object): unknown {
  const { okrRunState, taskState, agentRunState } = node as Record<string, unknown>;
  return okrRunState ?? taskState ?? agentRunState;
}

type Logged = 'okr' | 'task' | 'run';

function isEnd(prefix: Logged, state: unknown): boolean {
  switch (prefix) {
    case IdPrefix.okrRun:
      return Object.values(OkrRunState).some((each) => each === state && isFinal(okrRunTransitions, each));
    case IdPrefix.task:
      return Object.values(TaskState).some((each) => each === state && settledTaskStates.includes(each));
    case IdPrefix.agentRun:
      return Object.values(AgentRunState).some((each) => each === state && isFinal(agentRunTransitions, each));
  }
}
