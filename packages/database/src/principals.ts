import { DomainError, IdPrefix, type PrincipalId, type WorkspaceId } from '@fermata/contracts';
import type { Database } from './client.js';
import { inTransaction } from './in-transaction.js';
import { recordChange } from './ledger/record-change.js';
import { genesisHash } from './ledger/verify-audit-chain.js';
import { newId } from './new-id.js';

export type PrincipalKind = 'person' | 'service';

/** Makes a workspace with an empty ledger. */
export async function createWorkspace(database: Database, { name }: { name: string }): Promise<WorkspaceId> {
  const id = newId(IdPrefix.workspace);
  await inTransaction(database, async (tx) => {
    await tx.workspace.create({ data: { id, name, createdAt: new Date() } });
    await tx.ledgerHead.create({
      data: { workspaceId: id, eventCursor: 0n, auditSequence: 0n, auditHash: genesisHash },
    });
    const audit = [{ actor: 'fermata', action: 'workspace.create', subjectId: id, detail: { name } }];
    await recordChange(tx, { workspaceId: id, events: [], audit });
  });
  return id;
}

export interface NewPrincipal {
  workspaceId: string;
  kind: PrincipalKind;
  name: string;
}

/**
 * Makes someone who can hold tokens.
 * @throws DomainError `not_found` for an unknown workspace
 */
export async function createPrincipal(database: Database, principal: NewPrincipal): Promise<PrincipalId> {
  const { workspaceId, kind, name } = principal;
  const id = newId(IdPrefix.principal);
  await inTransaction(database, async (tx) => {
    if (!(await tx.workspace.findUnique({ where: { id: workspaceId } }))) {
      throw new DomainError('not_found', `There is no workspace ${workspaceId}.`, { workspaceId });
    }
    await tx.principal.create({ data: { id, workspaceId, kind, name, createdAt: new Date() } });
    const audit = [{ actor: 'fermata', action: 'principal.create', subjectId: id, detail: { kind, name } }];
    await recordChange(tx, { workspaceId, events: [], audit });
  });
  return id;
}

/** The ids of all workspaces, oldest first: for a sweep that repairs each of them. */
export async function listWorkspaces(database: Database): Promise<WorkspaceId[]> {
  const rows = await database.workspace.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
  return rows.map(({ id }) => id as WorkspaceId);
}
