import { randomUUID } from 'node:crypto';
import type { HeldFermata } from './fermata.js';
import { until } from './until.js';

/** An answer with an error, as a caller sees it. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Asks the API one thing, as the admin. @throws Refused */
export async function ask<T>(
  { at }: Pick<HeldFermata, 'at'>,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<T> {
  const response = await fetch(`${at.apiUrl}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${at.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  });
  const { data, errors } = (await response.json()) as {
    data: T;
    errors?: { message: string; extensions?: { code?: string } }[];
  };
  const [first] = errors ?? [];
  if (first) throw new Refused(first.extensions?.code ?? 'none', first.message);
  return data;
}

export interface RepositoryOptions {
  gates?: { name: string; command: string; timeoutMs?: number }[];
  name?: string;
  setupCommands?: string[];
}

export async function addRepository(
  fermata: HeldFermata,
  location: string,
  options: RepositoryOptions = {},
): Promise<string> {
  const { addRepository: added } = await ask<{ addRepository: { repository: { id: string } } }>(
    fermata,
    'mutation ($input: AddRepositoryInput!) { addRepository(input: $input) { repository { id } } }',
    { input: { location, clientRequestId: randomUUID(), ...options } },
  );
  return added.repository.id;
}

export interface GoalOptions {
  agent?: string;
  goal?: string;
  approval?: 'AUTO' | 'REQUIRED';
  budgetMicros?: number;
  maxParallelTasks?: number;
}

export async function submitGoal(
  fermata: HeldFermata,
  repositoryId: string,
  options: GoalOptions = {},
): Promise<string> {
  const { submitGoal: submitted } = await ask<{ submitGoal: { okrRun: { id: string } } }>(
    fermata,
    'mutation ($input: SubmitGoalInput!) { submitGoal(input: $input) { okrRun { id } } }',
    {
      input: {
        repositoryId,
        goal: 'Make it so.',
        approval: 'AUTO',
        clientRequestId: randomUUID(),
        ...options,
      },
    },
  );
  return submitted.okrRun.id;
}

interface Waiting {
  kind: string;
  detail: string;
  releasableBy: string[];
  subjectId: string | null;
}

interface Failure {
  code: string;
  message: string;
}

export interface Approval {
  id: string;
  state: string;
  kind: string;
  digest: string;
  title: string;
  detail: Record<string, unknown>;
}

export interface Run {
  id: string;
  state: string;
  failure: Failure | null;
  waitingOn: Waiting | null;
  approval: Approval | null;
  cost: { micros: number; inputTokens: number; outputTokens: number };
  budget: { limitMicros: number | null; spentMicros: number; heldMicros: number };
  keyResults: {
    title: string;
    baseline: number | null;
    value: number | null;
    met: boolean | null;
    evidence: {
      phase: string;
      command: string | null;
      commit: string | null;
      exitCode: number | null;
      value: number | null;
      output: { text: { text: string } } | null;
    }[];
  }[];
  tasks: Task[];
  /** Of the planner. */
  agentRuns: AgentRun[];
  report: { outcome: string; summary: string; targetsMet: number; tasks: { keptBranch: string | null }[] } | null;
}

interface AgentRun {
  id: string;
  kind: string;
  state: string;
  failure: Failure | null;
  waitingOn: Waiting | null;
}

export interface Task {
  id: string;
  title: string;
  state: string;
  attempts: number;
  branch: string | null;
  startedAt: string | null;
  endedAt: string | null;
  failure: Failure | null;
  waitingOn: Waiting | null;
  dependsOn: { id: string }[];
  changeRequest: { id: string; state: string; mergedCommit: string | null; mergedAt: string | null } | null;
  gates: { name: string; state: string; phase: string; round: number; exitCode: number | null }[];
  agentRuns: AgentRun[];
}

const waiting = 'waitingOn { kind detail releasableBy subjectId }';

const readRunQuery = `query ($id: ID!) { okrRun(id: $id) {
  id state failure { code message } ${waiting}
  approval { id state kind digest title detail }
  cost { micros inputTokens outputTokens }
  budget { limitMicros spentMicros heldMicros }
  keyResults { title baseline value met evidence { phase command commit exitCode value output { text { text } } } }
  tasks {
    id title state attempts branch startedAt endedAt failure { code message } ${waiting} dependsOn { id }
    changeRequest { id state mergedCommit mergedAt }
    gates { name state phase round exitCode }
    agentRuns { id kind state failure { code message } ${waiting} }
  }
  agentRuns { id kind state failure { code message } ${waiting} }
  report { outcome summary targetsMet tasks { keptBranch } }
} }`;

export async function readRun(fermata: HeldFermata, id: string): Promise<Run> {
  return (await ask<{ okrRun: Run }>(fermata, readRunQuery, { id })).okrRun;
}

export const finalStates = ['completed', 'failed', 'denied', 'cancelled'];

/** Waits until the run is as wanted, through restarts of the API. */
export async function runWhere(
  fermata: HeldFermata,
  id: string,
  { what, is, withinMs = 120_000 }: { what: string; is: (run: Run) => boolean; withinMs?: number },
): Promise<Run> {
  let last: Run | undefined;
  return until(
    `${id} to be ${what}`,
    async () => {
      last = await readRun(fermata, id);
      return is(last) ? last : undefined;
    },
    { withinMs, everyMs: 250 },
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${JSON.stringify({ ...last, approval: undefined, keyResults: undefined })}`);
  });
}

export function runEnd(fermata: HeldFermata, id: string, withinMs?: number): Promise<Run> {
  const is = ({ state }: Run) => finalStates.includes(state);
  return runWhere(fermata, id, { what: 'at its end', is, ...(withinMs !== undefined && { withinMs }) });
}

/** The open question about a subject: a run's plan, a task, an agent run. */
export function openApproval(fermata: HeldFermata, okrRunId: string): Promise<Approval> {
  return until(`a question of ${okrRunId}`, async () => {
    const { approvals } = await ask<{ approvals: { nodes: (Approval & { okrRun: { id: string } })[] } }>(
      fermata,
      'query { approvals(state: pending, first: 100) { nodes { id state kind digest title detail okrRun { id } } } }',
    );
    return approvals.nodes.find((approval) => approval.okrRun.id === okrRunId);
  });
}

export async function decide(
  fermata: HeldFermata,
  { id, digest }: Pick<Approval, 'id' | 'digest'>,
  decision: 'APPROVE' | 'DENY' = 'APPROVE',
): Promise<void> {
  await ask(
    fermata,
    'mutation ($input: DecideApprovalInput!) { decideApproval(input: $input) { approval { id state } } }',
    { input: { approvalId: id, digest, decision } },
  );
}

/** Pause, resume or cancel; `cancelRun` also takes a task. */
export async function order(
  fermata: HeldFermata,
  name: 'pauseRun' | 'resumeRun' | 'cancelRun',
  id: string,
): Promise<void> {
  const input = name === 'cancelRun' ? 'CancelRunInput' : 'OkrRunOrderInput';
  await ask(fermata, `mutation ($input: ${input}!) { ${name}(input: $input) { okrRun { id state } } }`, {
    input: { id },
  });
}
