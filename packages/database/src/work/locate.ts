import { DomainError, type WorkspaceId } from '@fermata/contracts';
import type { Database } from '../client.js';
import type { PreparedStatement } from '../prepared-statement.js';

/** Rows a workflow names by id alone. */
export type Located = 'okrRun' | 'task' | 'agentRun' | 'changeRequest' | 'keyResult' | 'approval';

const statements: Readonly<Record<Located, PreparedStatement>> = {
  okrRun: workspaceOfRow('okr_run'),
  task: workspaceOfRow('task'),
  agentRun: workspaceOfRow('agent_run'),
  changeRequest: workspaceOfRow('change_request'),
  keyResult: workspaceOfRow('key_result'),
  approval: workspaceOfRow('approval'),
};

function workspaceOfRow(table: string): PreparedStatement {
  const text = `SELECT "workspace_id" AS "workspaceId" FROM "${table}" WHERE "id" = $1`;
  return { name: `workspace_of_${table}`, text };
}

/**
 * Finds the workspace of a row that a workflow works for. Only for workflows, whose ids come from our own rows: what a
 * caller names is looked up inside the caller's workspace. The answer never changes, so it is kept.
 */
export function createLocator(database: Database) {
  const known = new Map<string, WorkspaceId>();

  /** @throws DomainError `not_found` */
  return async function workspaceOf(kind: Located, id: string): Promise<WorkspaceId> {
    const seen = known.get(id);
    if (seen) return seen;
    const [row] = await database.ask<{ workspaceId: WorkspaceId }>(statements[kind], [id]);
    if (!row) throw new DomainError('not_found', `There is no ${kind} ${id}.`, { id });
    if (known.size >= 10_000) known.clear();
    known.set(id, row.workspaceId);
    return row.workspaceId;
  };
}

export type Locator = ReturnType<typeof createLocator>;
