import { settledTaskStates, TaskState } from '@fermata/contracts';
import type { Transaction } from '../client.js';

/** Whether a task may yet run: nothing it depends on, however far back, has ended without being done. */
export async function mayYetRun(
  tx: Transaction,
  { id, okrRunId, workspaceId }: { id: string; okrRunId: string; workspaceId: string },
): Promise<boolean> {
  const tasks = await tx.task.findMany({ where: { okrRunId, workspaceId }, select: { id: true, state: true } });
  const links = await tx.taskDependency.findMany({
    where: { workspaceId, taskId: { in: tasks.map((task) => task.id) } },
  });
  const inTheWay = new Set(tasks.filter(({ state }) => endedUndone(state as TaskState)).map((task) => task.id));
  const behind = new Set([id]);
  // A set that grows while it is walked: each task once, whichever way leads to it.
  for (const taskId of behind) {
    for (const link of links) if (link.taskId === taskId) behind.add(link.dependsOnId);
  }
  return ![...behind].some((taskId) => inTheWay.has(taskId));
}

function endedUndone(state: TaskState): boolean {
  return state !== TaskState.done && settledTaskStates.includes(state);
}
