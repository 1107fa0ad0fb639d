import { DomainError, type WorkspaceId } from '@fermata/contracts';
import type { Database } from '../client.js';

/** Rows a workflow names by id alone. */
export type Located = 'okrRun' | 'task' | 'agentRun' | 'changeRequest' | 'keyResult' | 'approval';

/**
 * Finds the workspace of a row that a workflow works for. Only for workflows, whose ids come from our own rows: what a
 * caller names is looked up inside the caller's workspace. The answer never changes, so it is kept.
 */
export function createLocator(database: Database) {
  const known = new Map<string, WorkspaceId>();
  const find: Record<Located, (id: string) => Promise<{ workspaceId: string } | null>> = {
    okrRun: (id) => database.okrRun.findUnique({ where: { id }, select: { workspaceId: true } }),
    task: (id) => database.task.findUnique({ where: { id }, select: { workspaceId: true } }),
    agentRun: (id) => database.agentRun.findUnique({ where: { id }, select: { workspaceId: true } }),
    changeRequest: (id) => database.changeRequest.findUnique({ where: { id }, select: { workspaceId: true } }),
    keyResult: (id) => database.keyResult.findUnique({ where: { id }, select: { workspaceId: true } }),
    approval: (id) => database.approval.findUnique({ where: { id }, select: { workspaceId: true } }),
  };

  /** @throws DomainError `not_found` */
  return async function workspaceOf(kind: Located, id: string): Promise<WorkspaceId> {
    const seen = known.get(id);
    if (seen) return seen;
    const row = await find[kind](id);
    if (!row) throw new DomainError('not_found', `There is no ${kind} ${id}.`, { id });
    if (known.size >= 10_000) known.clear();
    known.set(id, row.workspaceId as WorkspaceId);
    return row.workspaceId as WorkspaceId;
  };
}

export type Locator = ReturnType<typeof createLocator>;
