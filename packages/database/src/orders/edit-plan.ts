import {
  type ApprovalId,
  ApprovalState,
  checkTaskGraph,
  DomainError,
  EventType,
  type GateDefinition,
  OkrRunState,
  type Plan,
} from '@fermata/contracts';
import { openApproval, voidApprovals } from '../approvals/approval-changes.js';
import type { Database, Transaction } from '../client.js';
import { digestOf } from '../digest-of.js';
import type { OkrRun } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { planQuestion, readPlan, writePlan } from '../work/plan-rows.js';
import { waitingColumn } from '../work/waiting.repository.js';
import { lockRun, refuseUnlessGoing } from './locked-run.js';
import type { OrderGiver } from './order-giver.js';

export interface PlanEdit {
  okrRunId: string;
  /** What is there replaces the whole of it; its shape has been checked. */
  changes: Partial<Plan>;
}

export interface EditedPlan {
  run: OkrRun;
  /** Questions that stand no more: whoever waits for their answers must look again. */
  voided: ApprovalId[];
}

/**
 * Changes a plan that awaits approval. The open question is void and a new one asks about the changed plan, in one
 * transaction: nobody can approve the plan as it was. A plan whose question has its answer stays as it was answered. An
 * edit that changes nothing leaves everything as it is.
 * @throws DomainError `not_found`; `invalid_transition` unless the run awaits approval; `plan_invalid`
 */
export function editPlan(database: Database, by: OrderGiver, { okrRunId, changes }: PlanEdit): Promise<EditedPlan> {
  return inTransaction(database, async (tx) => {
    const run = await lockRun(tx, by.workspaceId, okrRunId);
    refuseUnlessAwaiting(run);
    const before = await readPlan(tx, run);
    if (!before) throw new DomainError('conflict', `${okrRunId} has no plan yet; look again`, { id: okrRunId });
    const plan: Plan = { ...before, ...changes };
    refuseBadGraph(plan);
    if (digestOf(plan) === digestOf(before)) return { run, voided: [] };
    return replacePlan(tx, by, { run, plan, retasked: changes.tasks !== undefined });
  });
}

function refuseUnlessAwaiting(run: OkrRun): void {
  refuseUnlessGoing(run, 'edited');
  if (run.state === OkrRunState.awaitingApproval) return;
  const message = `${run.id} is ${run.state}: a plan can be edited only while it awaits approval`;
  throw new DomainError('invalid_transition', message, { id: run.id, state: run.state });
}

/** Asked after the voiding: an answer that came first has kept it from happening. */
async function refuseAnswered(tx: Transaction, { id, workspaceId, planDigest: digest }: OkrRun): Promise<void> {
  if (digest === null) return;
  const asked = await tx.approval.findFirst({ where: { workspaceId, subjectId: id, digest } });
  if (!asked || asked.state === ApprovalState.void) return;
  const message = `the plan of ${id} is ${asked.state} already, so it cannot be edited any more`;
  throw new DomainError('invalid_transition', message, { id, approvalId: asked.id, state: asked.state });
}

function refuseBadGraph({ tasks }: Plan): void {
  const problems = checkTaskGraph(tasks);
  if (problems.length > 0) throw new DomainError('plan_invalid', problems.join('; '), { problems });
}

interface Replacement {
  run: OkrRun;
  plan: Plan;
  /** The estimate was made for other tasks and says nothing any more. */
  retasked: boolean;
}

async function replacePlan(tx: Transaction, by: OrderGiver, { run, plan, retasked }: Replacement): Promise<EditedPlan> {
  const { workspaceId, principalId } = by;
  const estimatedMicros = retasked ? null : run.estimatedMicros;
  const revision = run.planRevision + 1;
  await writePlan(tx, run, plan);
  const open = await tx.approval.findMany({ where: { workspaceId, subjectId: run.id, state: 'pending' } });
  const voided = await voidApprovals(tx, { workspaceId, subjectId: run.id, by: principalId });
  await refuseAnswered(tx, run);
  const request = planQuestion({
    run,
    plan,
    revision,
    ...(await shownWith(tx, run)),
    estimatedMicros: asMicros(estimatedMicros),
  });
  const { id: approvalId, ...asked } = await openApproval(tx, { workspaceId, request, requestedBy: principalId });
  const waitingOn = waitingColumn({
    kind: 'human',
    detail: 'The edited plan awaits approval.',
    releasableBy: ['approver'],
    subjectId: approvalId,
  });
  await tx.okrRun.updateMany({
    where: { id: run.id, workspaceId },
    data: {
      planRevision: revision,
      planDigest: request.digest,
      estimatedMicros,
      waitingOn,
      ordersRevision: { increment: 1 },
    },
  });
  const data = { revision, digest: request.digest, tasks: plan.tasks.length, keyResults: plan.keyResults.length };
  const edited = { type: EventType.planEdited, subjectId: run.id, okrRunId: run.id, data };
  await recordChange(tx, {
    workspaceId,
    events: [edited, ...voided.events, ...asked.events],
    audit: [
      { actor: principalId, action: 'plan.edit', subjectId: run.id, detail: data },
      ...voided.audit,
      ...asked.audit,
    ],
  });
  return { run: await lockRun(tx, workspaceId, run.id), voided: open.map(({ id }) => id as ApprovalId) };
}

/** What a person sees with the plan, as it is now. */
async function shownWith(tx: Transaction, { repositoryId, workspaceId, id }: OkrRun) {
  const repository = await tx.repository.findFirstOrThrow({ where: { id: repositoryId, workspaceId } });
  const gates = await tx.gate.findMany({ where: { repositoryId, workspaceId }, orderBy: { position: 'asc' } });
  const budget = await tx.budget.findFirst({ where: { subjectId: id, workspaceId } });
  const { name, location, defaultBranch, gateSource } = repository;
  return {
    repository: { name, location, defaultBranch, gateSource },
    gates: gates.map(({ name: gate, command, timeoutMs }): GateDefinition => ({ name: gate, command, timeoutMs })),
    budgetMicros: asMicros(budget?.limitMicros ?? null),
  };
}

function asMicros(micros: bigint | null): number | null {
  return micros === null ? null : Number(micros);
}
