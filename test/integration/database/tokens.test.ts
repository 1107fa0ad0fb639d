import { createPrincipal, findCaller, mintApiToken, revokeApiToken, verifyAuditChain } from '@fermata/database';
import { describe, expect, it } from 'vitest';
import { makeWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();

async function mint(expiresAt?: Date) {
  const workspace = await makeWorkspace(held.database);
  const order = { ...workspace, role: 'approver' as const, mintedBy: 'fermata' };
  const minted = await mintApiToken(held.database, expiresAt ? { ...order, expiresAt } : order);
  return { ...workspace, ...minted };
}

describe('api tokens', () => {
  it('tell who is asking, in which workspace and with which role', async () => {
    const { token, tokenId, workspaceId, principalId } = await mint();
    expect(await findCaller(held.database, token)).toEqual({ workspaceId, principalId, role: 'approver', tokenId });
  });

  it('are stored as a hash only', async () => {
    const { token, tokenId } = await mint();
    const { rows } = await held.admin.query('SELECT t.*::text AS row FROM api_token t WHERE id = $1', [tokenId]);
    expect(JSON.stringify(rows)).toContain(tokenId);
    expect(JSON.stringify(rows)).not.toContain(token.slice('fermata_'.length));
  });

  it('open nothing when unknown, altered or empty', async () => {
    const { token } = await mint();
    for (const wrong of ['', 'fermata_', `${token}x`, token.slice(0, -1), token.toUpperCase(), 'a\0b']) {
      expect(await findCaller(held.database, wrong)).toBeNull();
    }
  });

  it('open nothing once they have expired', async () => {
    const { token } = await mint(new Date(Date.now() - 1));
    expect(await findCaller(held.database, token)).toBeNull();
    const later = await mint(new Date(Date.now() + 60_000));
    expect(await findCaller(held.database, later.token)).not.toBeNull();
  });

  it('open nothing once they are revoked, and revoking twice is one audit entry', async () => {
    const { token, tokenId, workspaceId, principalId } = await mint();
    await revokeApiToken(held.database, { workspaceId, tokenId, revokedBy: principalId });
    await revokeApiToken(held.database, { workspaceId, tokenId, revokedBy: principalId });
    expect(await findCaller(held.database, token)).toBeNull();
    expect(await held.database.auditEntry.count({ where: { workspaceId, action: 'token.revoke' } })).toBe(1);
    expect(await verifyAuditChain(held.database, workspaceId)).toMatchObject({ brokenAt: null });
  });

  it('are neither minted for nor revoked from another workspace', async () => {
    const [one, other] = [await mint(), await makeWorkspace(held.database)];
    const order = { workspaceId: other.workspaceId, principalId: one.principalId, role: 'admin' as const };
    await expect(mintApiToken(held.database, { ...order, mintedBy: 'fermata' })).rejects.toMatchObject({
      code: 'not_found',
    });
    const revocation = { workspaceId: other.workspaceId, tokenId: one.tokenId, revokedBy: other.principalId };
    await expect(revokeApiToken(held.database, revocation)).rejects.toMatchObject({ code: 'not_found' });
    expect(await findCaller(held.database, one.token)).not.toBeNull();
  });

  it('need a workspace that exists', async () => {
    const nowhere = { workspaceId: 'wsp_nowhere', kind: 'person' as const, name: 'somebody' };
    await expect(createPrincipal(held.database, nowhere)).rejects.toMatchObject({ code: 'not_found' });
  });
});
