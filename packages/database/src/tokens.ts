import { randomBytes } from 'node:crypto';
import { DomainError, IdPrefix, type PrincipalId, type Role, roles, type WorkspaceId } from '@fermata/contracts';
import type { Database } from './client.js';
import { sha256 } from './digest-of.js';
import { inTransaction } from './in-transaction.js';
import { recordChange } from './ledger/record-change.js';
import { newId } from './new-id.js';

/** By this, people and secret scanners can tell what leaked. */
const tokenPrefix = 'fermata_';

export interface TokenOrder {
  workspaceId: string;
  principalId: string;
  role: Role;
  /** Never, when left out. */
  expiresAt?: Date;
  /** Who asked for it: a principal's id, or `fermata` at the first start. */
  mintedBy: string;
}

export interface MintedToken {
  tokenId: string;
  /** Shown this once: the database keeps only its SHA-256. 256 random bits, so a plain hash is enough. */
  token: string;
}

/** Who is asking, and what they may do. */
export interface TokenCaller {
  workspaceId: WorkspaceId;
  principalId: PrincipalId;
  role: Role;
  tokenId: string;
}

/**
 * Makes a token for a principal of the workspace.
 * @throws DomainError `not_found` when the workspace has no such principal
 */
export async function mintApiToken(database: Database, order: TokenOrder): Promise<MintedToken> {
  const { workspaceId, principalId, role, mintedBy } = order;
  const expiresAt = order.expiresAt ?? null;
  const token = tokenPrefix + randomBytes(32).toString('base64url');
  const tokenId = newId(IdPrefix.apiToken);
  await inTransaction(database, async (tx) => {
    if (!(await tx.principal.findFirst({ where: { id: principalId, workspaceId } }))) {
      throw new DomainError('not_found', `The workspace has no principal ${principalId}.`, { principalId });
    }
    const row = { id: tokenId, workspaceId, principalId, role, expiresAt };
    await tx.apiToken.create({ data: { ...row, tokenHash: sha256(token), createdAt: new Date() } });
    const detail = { principalId, role, expiresAt: expiresAt?.toISOString() ?? null };
    const audit = [{ actor: mintedBy, action: 'token.mint', subjectId: tokenId, detail }];
    await recordChange(tx, { workspaceId, events: [], audit });
  });
  return { tokenId, token };
}

export interface TokenRevocation {
  workspaceId: string;
  tokenId: string;
  revokedBy: string;
}

/**
 * From now on the token opens nothing. Revoking twice is harmless.
 * @throws DomainError `not_found` when the workspace has no such token
 */
export async function revokeApiToken(database: Database, revocation: TokenRevocation): Promise<void> {
  const { workspaceId, tokenId, revokedBy } = revocation;
  await inTransaction(database, async (tx) => {
    const where = { id: tokenId, workspaceId };
    if (!(await tx.apiToken.findFirst({ where }))) {
      throw new DomainError('not_found', `The workspace has no token ${tokenId}.`, { tokenId });
    }
    const { count } = await tx.apiToken.updateMany({
      where: { ...where, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    if (count === 0) return;
    const audit = [{ actor: revokedBy, action: 'token.revoke', subjectId: tokenId, detail: {} }];
    await recordChange(tx, { workspaceId, events: [], audit });
  });
}

/**
 * Who presents `token`; null for an unknown, expired or revoked one. The lookup is by hash, so its timing says
 * nothing about how much of a guess was right.
 */
export async function findCaller(database: Database, token: string): Promise<TokenCaller | null> {
  const row = await database.apiToken.findUnique({ where: { tokenHash: sha256(token) } });
  if (!row || row.revokedAt || (row.expiresAt && row.expiresAt <= new Date())) return null;
  const role = roles.find((known) => known === row.role);
  if (!role) return null;
  const { workspaceId, principalId, id: tokenId } = row;
  return { workspaceId: workspaceId as WorkspaceId, principalId: principalId as PrincipalId, role, tokenId };
}
