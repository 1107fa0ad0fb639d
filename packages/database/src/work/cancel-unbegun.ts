import { TaskState } from '@fermata/contracts';
import type { LedgerLines } from '../approvals/approval-changes.js';
import type { Transaction } from '../client.js';
import { Prisma } from '../generated/client.js';
import { taskMachine } from '../states/machines.js';
import { tryMove } from '../states/move-state.js';

const unbegun: TaskState[] = [TaskState.idea, TaskState.backlog, TaskState.todo];

/**
 * Tasks that have not begun when their run ends never will: they are cancelled with it, so that none waits for ever.
 * @returns what is still to be handed to `recordChange`
 */
export async function cancelUnbegun(
  tx: Transaction,
  { workspaceId, okrRunId }: { workspaceId: string; okrRunId: string },
): Promise<LedgerLines> {
  const where = { workspaceId, okrRunId, state: { in: unbegun } };
  const tasks = await tx.task.findMany({ where, select: { id: true }, orderBy: { position: 'asc' } });
  const lines: LedgerLines = { events: [], audit: [] };
  for (const { id } of tasks) {
    const to = TaskState.cancelled;
    const set = { endedAt: new Date(), waitingOn: Prisma.DbNull };
    const { moved, events } = await tryMove(tx, taskMachine, { id, workspaceId, to, from: unbegun, set });
    if (!moved) continue;
    lines.events.push(...events);
    lines.audit.push({ actor: 'fermata', action: `task.${to}`, subjectId: id, detail: {} });
  }
  return lines;
}
