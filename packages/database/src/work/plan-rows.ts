import {
  type ApprovalRequest,
  type GateDefinition,
  type JsonObject,
  type MicroUsd,
  type Plan,
  TaskState,
  WaitKind,
} from '@fermata/contracts';
import type { Transaction } from '../client.js';
import { digestOf } from '../digest-of.js';
import { newId } from '../new-id.js';
import { jsonColumn } from './json-column.js';
import { waitingColumn } from './waiting.repository.js';

/** A plan nobody has answered in this time is not carried out. */
export const planExpiresInMs = 7 * 24 * 3_600_000;

/** The run a plan belongs to, as far as its rows need it. */
export interface PlannedRun {
  id: string;
  workspaceId: string;
  repositoryId: string;
  agentId: string;
  objectiveId: string | null;
}

/**
 * Writes a plan as rows in place of the one before. Only before approval: nothing refers to the rows yet.
 *
 * @returns the id of the objective
 */
export async function writePlan(tx: Transaction, run: PlannedRun, plan: Plan): Promise<string> {
  await removePlan(tx, run);
  const objectiveId = await writeObjective(tx, run, plan);
  await tx.keyResult.createMany({ data: keyResultRows(run, objectiveId, plan) });
  const ids = new Map(plan.tasks.map((task) => [task.key, newId('task')]));
  await tx.task.createMany({ data: taskRows(run, plan, ids) });
  await tx.taskDependency.createMany({ data: dependencyRows(run, plan, ids) });
  return objectiveId;
}

async function removePlan(tx: Transaction, { id: okrRunId, workspaceId }: PlannedRun): Promise<void> {
  const tasks = await tx.task.findMany({ where: { okrRunId, workspaceId }, select: { id: true } });
  await tx.taskDependency.deleteMany({ where: { workspaceId, taskId: { in: tasks.map((task) => task.id) } } });
  await tx.task.deleteMany({ where: { okrRunId, workspaceId } });
  await tx.keyResult.deleteMany({ where: { okrRunId, workspaceId } });
}

async function writeObjective(
  tx: Transaction,
  { workspaceId, objectiveId }: PlannedRun,
  { objective }: Plan,
): Promise<string> {
  if (objectiveId) {
    await tx.objective.updateMany({ where: { id: objectiveId, workspaceId }, data: objective });
    return objectiveId;
  }
  const row = await tx.objective.create({
    data: { id: newId('obj'), workspaceId, createdAt: new Date(), ...objective },
  });
  return row.id;
}

function keyResultRows({ id: okrRunId, workspaceId }: PlannedRun, objectiveId: string, plan: Plan) {
  return plan.keyResults.map(({ measure, ...keyResult }, position) => ({
    id: newId('kr'),
    workspaceId,
    okrRunId,
    objectiveId,
    position,
    measure: jsonColumn(measure),
    ...keyResult,
  }));
}

function taskRows(
  { id: okrRunId, workspaceId, repositoryId, agentId }: PlannedRun,
  plan: Plan,
  ids: ReadonlyMap<string, string>,
) {
  const waiting = waitingColumn({
    kind: WaitKind.human,
    detail: 'The plan awaits approval.',
    releasableBy: ['approver'],
    subjectId: okrRunId,
  });
  return plan.tasks.map(
    ({ key, title, instructions, acceptanceCriteria, verificationSteps, predictedPaths }, position) => ({
      id: idOf(ids, key),
      workspaceId,
      okrRunId,
      repositoryId,
      agentId,
      key,
      position,
      title,
      instructions,
      acceptanceCriteria: jsonColumn(acceptanceCriteria),
      verificationSteps: jsonColumn(verificationSteps),
      predictedPaths: jsonColumn(predictedPaths),
      state: TaskState.todo,
      waitingOn: waiting,
      createdAt: new Date(),
    }),
  );
}

function dependencyRows({ workspaceId }: PlannedRun, plan: Plan, ids: ReadonlyMap<string, string>) {
  return plan.tasks.flatMap((task) =>
    [...new Set(task.dependsOn)].map((key) => ({
      workspaceId,
      taskId: idOf(ids, task.key),
      dependsOnId: idOf(ids, key),
    })),
  );
}

function idOf(ids: ReadonlyMap<string, string>, key: string): string {
  const id = ids.get(key);
  if (id === undefined) throw new RangeError(`no task has the key ${key}`);
  return id;
}

/** The plan that a run's rows hold: what was written comes back equal. */
export async function readPlan(
  tx: Transaction,
  run: Pick<PlannedRun, 'id' | 'workspaceId' | 'objectiveId'>,
): Promise<Plan | null> {
  const { id: okrRunId, workspaceId, objectiveId } = run;
  if (!objectiveId) return null;
  const objective = await tx.objective.findFirst({ where: { id: objectiveId, workspaceId } });
  const keyResults = await tx.keyResult.findMany({ where: { okrRunId, workspaceId }, orderBy: { position: 'asc' } });
  const tasks = await tx.task.findMany({ where: { okrRunId, workspaceId }, orderBy: { position: 'asc' } });
  const links = await tx.taskDependency.findMany({
    where: { workspaceId, taskId: { in: tasks.map((task) => task.id) } },
  });
  const keys = new Map(tasks.map((task) => [task.id, task.key]));
  return {
    objective: { title: objective?.title ?? '', description: objective?.description ?? '' },
    keyResults: keyResults.map(({ title, unit, statedBaseline, target, direction, measure }) => ({
      title,
      unit,
      statedBaseline,
      target,
      direction: direction as Plan['keyResults'][number]['direction'],
      measure: measure as unknown as Plan['keyResults'][number]['measure'],
    })),
    tasks: tasks.map((task) => ({
      key: task.key,
      title: task.title,
      instructions: task.instructions,
      acceptanceCriteria: task.acceptanceCriteria as string[],
      verificationSteps: task.verificationSteps as string[],
      dependsOn: links.filter((link) => link.taskId === task.id).map((link) => idOf(keys, link.dependsOnId)),
      predictedPaths: task.predictedPaths as string[],
    })),
  };
}

export interface PlanQuestionParts {
  run: { id: string; goal: string };
  plan: Plan;
  /** Grows with every edit, so that going back to an earlier wording is a new question all the same. */
  revision: number;
  repository: { name: string; location: string; defaultBranch: string; gateSource: string };
  gates: readonly GateDefinition[];
  estimatedMicros: MicroUsd | null;
  budgetMicros: MicroUsd | null;
}

/** The question a plan is: its detail is all a person sees, and its digest covers exactly that. */
export function planQuestion({ run, plan, ...shown }: PlanQuestionParts): ApprovalRequest {
  const detail = { goal: run.goal, ...plan, ...shown } as unknown as JsonObject;
  return {
    kind: 'plan',
    subjectId: run.id,
    okrRunId: run.id,
    workflowId: run.id,
    digest: digestOf(detail),
    title: `Run the plan "${plan.objective.title}"?`,
    detail,
    expiresInMs: planExpiresInMs,
  };
}
