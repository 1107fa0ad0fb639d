import {
  type AgentPolicy,
  DomainError,
  EventType,
  IdPrefix,
  type MicroUsd,
  OkrRunState,
  WaitKind,
} from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { digestOf, sha256 } from '../digest-of.js';
import type { Agent, OkrRun } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { newId } from '../new-id.js';
import { wantsSecondPerson } from '../approvals/second-person.js';
import { waitingColumn } from '../work/waiting.repository.js';
import type { OrderGiver } from './order-giver.js';

export interface Goal {
  repositoryId: string;
  goal: string;
  /** Name or id of an agent. */
  agent: string;
  approvalMode: 'required' | 'auto';
  /** Null: no cap of its own. */
  budgetMicros: MicroUsd | null;
  maxParallelTasks: number;
  clientRequestId: string;
}

/**
 * Makes the row of a run, once for each `clientRequestId`: the key is taken by the insert itself, so two callers at
 * once get one run.
 * @throws DomainError `idempotency_mismatch` when the key stands for another goal; `not_found` for repository or agent;
 * `forbidden` when nobody is to be asked and the agent's policy wants a second person
 */
export function submitGoal(database: Database, by: OrderGiver, goal: Goal): Promise<OkrRun> {
  return inTransaction(database, async (tx) => {
    const earlier = await findSubmitted(tx, by, goal);
    if (earlier) return earlier;
    const agentId = await findAgent(tx, by, goal);
    await requireRepository(tx, by, goal.repositoryId);
    const id = newId(IdPrefix.okrRun);
    const { count } = await tx.okrRun.createMany({ data: [rowOf(id, by, { ...goal, agentId })], skipDuplicates: true });
    if (count === 1) await recordSubmitted(tx, by, { ...goal, id });
    const run = await findSubmitted(tx, by, goal);
    if (!run) throw new DomainError('lock_contention', 'the run was submitted and taken back at once; submit it again');
    return run;
  });
}

async function findSubmitted(tx: Transaction, { workspaceId }: OrderGiver, goal: Goal): Promise<OkrRun | null> {
  const { clientRequestId } = goal;
  const run = await tx.okrRun.findFirst({ where: { workspaceId, clientRequestId } });
  if (!run || run.requestDigest === digestOf(goal)) return run;
  throw new DomainError(
    'idempotency_mismatch',
    `clientRequestId "${clientRequestId}" was used for another goal (${run.id}); choose a new one for a new goal`,
    { okrRunId: run.id },
  );
}

async function findAgent(tx: Transaction, { workspaceId }: OrderGiver, { agent, approvalMode }: Goal): Promise<string> {
  const row = await tx.agent.findFirst({ where: { workspaceId, OR: [{ id: agent }, { name: agent }] } });
  if (row && approvalMode === 'auto') assertMayGoUnasked(row);
  if (row) return row.id;
  throw new DomainError('not_found', `there is no agent ${agent} in your workspace; save it first`, { agent });
}

/** Nobody is asked about the plan: then nobody else has seen it either. */
function assertMayGoUnasked({ name, policy }: Agent): void {
  if (!wantsSecondPerson(policy as unknown as AgentPolicy)) return;
  throw new DomainError(
    'forbidden',
    `the policy of the agent ${name} wants somebody else to approve the plan: submit it without approving it in advance`,
    { agent: name },
  );
}

async function requireRepository(tx: Transaction, { workspaceId }: OrderGiver, id: string): Promise<void> {
  if (await tx.repository.findFirst({ where: { id, workspaceId }, select: { id: true } })) return;
  throw new DomainError('not_found', `there is no repository ${id} in your workspace; add it first`, { id });
}

function rowOf(id: string, by: OrderGiver, { agentId, ...asked }: Goal & { agentId: string }) {
  const { repositoryId, goal, approvalMode, maxParallelTasks, clientRequestId } = asked;
  return {
    ...{ id, workspaceId: by.workspaceId, agentId },
    ...{ repositoryId, goal, approvalMode, maxParallelTasks, clientRequestId },
    requestDigest: digestOf(asked),
    state: OkrRunState.drafting,
    waitingOn: waitingColumn({
      kind: WaitKind.slot,
      detail: 'Waits for a worker to draft the plan.',
      releasableBy: ['fermata'],
    }),
    createdBy: by.principalId,
    createdAt: new Date(),
  };
}

async function recordSubmitted(tx: Transaction, by: OrderGiver, submitted: Goal & { id: string }): Promise<void> {
  const { workspaceId, principalId: actor } = by;
  const { id, goal, repositoryId, budgetMicros, approvalMode } = submitted;
  await tx.budget.create({
    data: {
      id: newId(IdPrefix.budget),
      workspaceId,
      scope: 'okr_run',
      subjectId: id,
      limitMicros: budgetMicros === null ? null : BigInt(budgetMicros),
      updatedAt: new Date(),
    },
  });
  // The goal itself is on the row; the log and the chain carry what identifies it.
  const detail = { repositoryId, approvalMode, budgetMicros, goalDigest: sha256(goal) };
  await recordChange(tx, {
    workspaceId,
    events: [
      {
        type: EventType.okrRunSubmitted,
        subjectId: id,
        okrRunId: id,
        data: { repositoryId, state: OkrRunState.drafting },
      },
    ],
    audit: [{ actor, action: 'okr_run.submit', subjectId: id, detail }],
  });
}
