import {
  type ApprovalId,
  assertNever,
  DomainError,
  isDomainError,
  type KeyResultId,
  type Measure,
  type MeasurementPhase,
  type MeasurementTurn,
  meetsTarget,
  type OkrRunId,
  OkrRunState,
  SandboxPurpose,
  type TargetDirection,
  toFailure,
} from '@fermata/contracts';
import { firstWords } from '@fermata/contracts/redaction';
import { measureCommand, tasksMerged } from '@fermata/core/measuring';
import { digestOf, type NewMeasurement } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { runSetup } from '../tasks/run-setup.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { cleanWorktree } from './clean-worktree.js';

interface Order {
  okrRunId: OkrRunId;
  keyResultId: KeyResultId;
  phase: MeasurementPhase;
}

type KeyResult = Awaited<ReturnType<Workspace['plans']['keyResultsOf']>>[number];
type Found = Pick<NewMeasurement, 'value'> & Partial<Omit<NewMeasurement, keyof Order | 'met'>>;

/** Reads the value of a key result, once for each phase. What a failed reading says is evidence too. */
export async function measureKeyResult(deps: ActivityDeps, order: Order): Promise<MeasurementTurn> {
  const workspace = await openWorkspace(deps, 'okrRun', order.okrRunId);
  if (await workspace.evidence.findMeasurement(order.keyResultId, order.phase)) return { outcome: 'measured' };
  await refuseUnapproved(workspace, order.okrRunId);
  const keyResult = await workspace.plans.keyResult(order.keyResultId);
  const measure = keyResult.measure as unknown as Measure;
  switch (measure.kind) {
    case 'manual':
      return ask({ deps, workspace, keyResult, order }, measure.question);
    case 'tasks':
      return keep(workspace, keyResult, { ...order, ...(await countTasks(workspace, order)) });
    case 'command':
      return runCommand({ deps, workspace, keyResult, order }, measure);
    default:
      return assertNever(measure);
  }
}

/** Law 9: what is measured, and how, comes from a model. It runs only as part of a plan that a person approved. */
async function refuseUnapproved({ okrRuns }: Workspace, okrRunId: OkrRunId): Promise<void> {
  const { state, pausedFrom } = await okrRuns.get(okrRunId);
  const at = state === OkrRunState.paused ? pausedFrom : state;
  if (at === OkrRunState.running || at === OkrRunState.measuring) return;
  const message = `The OKR run ${okrRunId} is ${state}: its key results are measured only while an approved plan runs.`;
  throw new DomainError('conflict', message, { okrRunId, state });
}

interface Measuring {
  deps: ActivityDeps;
  workspace: Workspace;
  keyResult: KeyResult;
  order: Order;
}

async function countTasks({ tasks }: Workspace, { okrRunId }: Order): Promise<Found> {
  const rows = await tasks.ofRun(okrRunId);
  return { value: tasksMerged({ merged: rows.filter((task) => task.state === 'done').length, planned: rows.length }) };
}

async function runCommand(
  { deps, workspace, keyResult, order }: Measuring,
  measure: Extract<Measure, { kind: 'command' }>,
): Promise<MeasurementTurn> {
  const run = await workspace.okrRuns.get(order.okrRunId);
  const repository = await workspace.repositories.get(run.repositoryId);
  const worktreeId = `${order.okrRunId}-measure`;
  const { path: cwd, commit } = await cleanWorktree(deps, repository, worktreeId);
  const { signal } = activityScope();
  const found = { ...order, command: measure.command, commit };
  try {
    await runSetup(deps, { worktreeId, commands: repository.setupCommands });
    const { value, exitCode, output } = await deps.sandboxes.within(
      { worktreeId, purpose: SandboxPurpose.work },
      (place) => measureCommand(measure, { cwd, ...place, signal }),
    );
    const outputDigest = await workspace.blobs.put(output, 'text/plain');
    return await keep(workspace, keyResult, { ...found, value, exitCode, outputDigest });
  } catch (error) {
    // What the repository's own command did wrong is a finding; anything else is ours, and tried again.
    if (!isDomainError(error) || error.retryable) throw error;
    return keep(workspace, keyResult, { ...found, value: null, failure: toFailure(error) });
  } finally {
    await releaseScratch(deps, { repositoryId: repository.id, worktreeId });
  }
}

/** What was measured stands, whether or not the worktree can go now: the sweep takes it once the run has ended. */
async function releaseScratch(deps: ActivityDeps, of: { repositoryId: string; worktreeId: string }): Promise<void> {
  await deps.git.releaseWorktree(of).catch((error: unknown) => {
    if (!isDomainError(error)) throw error;
  });
}

async function keep(
  { evidence }: Workspace,
  { target, direction }: KeyResult,
  found: Order & Found,
): Promise<MeasurementTurn> {
  const met = found.phase === 'final' ? meetsTarget(found.value, target, direction as TargetDirection) : null;
  const nothing = {
    command: null,
    commit: null,
    exitCode: null,
    outputDigest: null,
    failure: null,
    measuredBy: 'fermata',
  };
  const measurement = { ...nothing, ...found, met };
  await evidence.recordMeasurement(measurement);
  return measurement.failure ? { outcome: 'failed', failure: measurement.failure } : { outcome: 'measured' };
}

async function ask({ deps, workspace, keyResult, order }: Measuring, question: string): Promise<MeasurementTurn> {
  const expiresInMs = deps.limits.questionExpiresInMs;
  const { title, unit, target } = keyResult;
  const detail = { question, unit, target, phase: order.phase, keyResultId: order.keyResultId };
  const approvalId = await workspace.approvals.findOrCreate(
    {
      kind: 'measurement',
      subjectId: order.keyResultId,
      digest: digestOf(detail),
      title: firstWords(`${title}: ${question}`, 200),
      detail,
      expiresInMs,
      workflowId: order.okrRunId,
      okrRunId: order.okrRunId,
    },
    { requestedBy: 'fermata' },
  );
  const waiting = {
    kind: 'human',
    detail: `Somebody has to say the value of "${title}".`,
    releasableBy: ['approver'],
    subjectId: approvalId,
  } as const;
  await workspace.waiting.record({ subject: { type: 'okr_run', id: order.okrRunId }, waiting });
  return { outcome: 'asked', approvalId, expiresInMs };
}

/** Takes the number a person gave; no answer is a failed measurement, not a guess. */
export async function takeAnswer(
  deps: ActivityDeps,
  {
    keyResultId,
    phase,
    approvalId,
    timedOut,
  }: { keyResultId: KeyResultId; phase: MeasurementPhase; approvalId: ApprovalId; timedOut: boolean },
): Promise<MeasurementTurn> {
  const workspace = await openWorkspace(deps, 'keyResult', keyResultId);
  const keyResult = await workspace.plans.keyResult(keyResultId);
  await refuseUnapproved(workspace, keyResult.okrRunId as OkrRunId);
  if (timedOut) await workspace.approvals.expire(approvalId);
  const { decidedBy } = await workspace.approvals.get(approvalId);
  const { state, answer } = await workspace.approvals.outcome(approvalId);
  const order = { okrRunId: keyResult.okrRunId as OkrRunId, keyResultId, phase };
  const waiting = { kind: 'work', detail: 'Going on.', releasableBy: ['fermata'] } as const;
  await workspace.waiting.record({ subject: { type: 'okr_run', id: order.okrRunId }, waiting });
  if (state === 'approved')
    return keep(workspace, keyResult, { ...order, value: Number(answer), measuredBy: decidedBy ?? 'fermata' });
  const failure = { code: 'measure_failed', message: `Nobody said the value: the question is ${state}.` } as const;
  return keep(workspace, keyResult, { ...order, value: null, failure });
}
