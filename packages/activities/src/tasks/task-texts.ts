import type { TaskRef } from '@fermata/contracts';
import type { Workspace } from '../workspace.js';

export type TaskRow = Awaited<ReturnType<Workspace['tasks']['get']>>;

/** What a task asks for, as its plan says. */
export function describedTask(task: TaskRow) {
  const { id: taskId, title, instructions } = task;
  return {
    taskId,
    title,
    instructions,
    acceptanceCriteria: task.acceptanceCriteria as string[],
    verificationSteps: task.verificationSteps as string[],
    predictedPaths: task.predictedPaths as string[],
  };
}

/** Trailers of every commit made for a task; the landing recognises its own work by them. */
export function trailersOf(task: TaskRow, agentName: string): Record<string, string> {
  return {
    'Fermata-Task': task.id,
    'Fermata-Agent': agentName,
    'Co-authored-by': `${agentName} <${agentName}@agents.fermata.invalid>`,
  };
}

/** The commit message of the landed change, without trailers. */
export function landingMessage(task: TaskRow): string {
  const body = task.summary ?? task.instructions;
  return `${task.title}\n\n${body}`;
}

/** The key of an agent run: what makes asking for it twice give the first. */
export function agentRunKey({ taskId, attempt, kind, round }: TaskRef & { kind: string; round: number }): string {
  return `${taskId}:${attempt}:${kind}:${round}`;
}
