import { EventType } from '@fermata/contracts';
import { inTransaction, recordChange, verifyAuditChain } from '@fermata/database';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();

function note(workspaceId: string, subjectId: string, detail = {}) {
  return inTransaction(held.database, (tx) =>
    recordChange(tx, {
      workspaceId,
      events: [{ type: EventType.agentSaved, subjectId, data: { subjectId } }],
      audit: [{ actor: 'fermata', action: 'test', subjectId, detail }],
    }),
  );
}

describe('the event ledger', () => {
  it('never shows a reader a cursor before every smaller one, with twenty writers at once', async () => {
    const { workspaceId } = await makeWorkspace(held.database);
    const writers = 20;
    const each = 10;
    const writing = Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let turn = 0; turn < each; turn += 1) await note(workspaceId, `${writer}-${turn}`);
      }),
    ).then(() => true);
    const seen: bigint[] = [];
    for (let done = false; seen.length < writers * each;) {
      const page = await held.database.event.findMany({
        where: { workspaceId, cursor: { gt: seen.at(-1) ?? 0n } },
        orderBy: { cursor: 'asc' },
      });
      seen.push(...page.map((event) => event.cursor));
      if (done && page.length === 0) break;
      done = await Promise.race([writing, Promise.resolve(false)]);
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: writers * each }, (_, index) => BigInt(index + 1)));
  });

  it('leaves no gap for a transaction that was undone', async () => {
    const { workspaceId } = await makeWorkspace(held.database);
    await note(workspaceId, 'first');
    await expect(
      inTransaction(held.database, async (tx) => {
        await recordChange(tx, {
          workspaceId,
          events: [{ type: EventType.agentSaved, subjectId: 'lost', data: {} }],
        });
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    await note(workspaceId, 'second');
    const events = await held.database.event.findMany({ where: { workspaceId }, orderBy: { cursor: 'asc' } });
    expect(events.map(({ cursor, subjectId }) => [cursor, subjectId])).toEqual([
      [1n, 'first'],
      [2n, 'second'],
    ]);
  });

  it('refuses to write for a workspace that does not exist', async () => {
    await expect(note('wsp_nowhere', 'x')).rejects.toThrow(/has no ledger/);
  });
});

describe('the audit chain', () => {
  const awkward = {
    text: 'quote " back \\ line \n tab \t bell \u0007 é 𝄐 \u2028 <&>',
    half: '\ud834',
    zero: 'a\0b',
    n: 1.5e-9,
  };
  let workspaceId: string;
  beforeAll(async () => {
    ({ workspaceId } = await makeWorkspace(held.database));
    for (let turn = 0; turn < 5; turn += 1) await note(workspaceId, `"subject"\n${turn}`, { ...awkward, turn });
  });

  it('holds over entries with awkward text', async () => {
    expect(await verifyAuditChain(held.database, workspaceId)).toEqual({ entries: 7, brokenAt: null });
  });

  it.each([
    ['an altered detail', `UPDATE audit_entry SET detail = '{}' WHERE workspace_id = $1 AND sequence = 4`, 4n],
    ['a changed actor', `UPDATE audit_entry SET actor = 'somebody' WHERE workspace_id = $1 AND sequence = 3`, 3n],
    ['a moved time', `UPDATE audit_entry SET at = at + interval '1 ms' WHERE workspace_id = $1 AND sequence = 2`, 2n],
    ['a missing entry', `DELETE FROM audit_entry WHERE workspace_id = $1 AND sequence = 5`, 5n],
    ['a missing end', `DELETE FROM audit_entry WHERE workspace_id = $1 AND sequence >= 6`, 6n],
  ])('breaks at %s', async (_, tampering, brokenAt) => {
    await held.admin.query('CREATE TEMP TABLE kept AS SELECT * FROM audit_entry');
    try {
      await held.admin.query(tampering, [workspaceId]);
      expect(await verifyAuditChain(held.database, workspaceId)).toEqual({ entries: Number(brokenAt) - 1, brokenAt });
    } finally {
      await held.admin.query('TRUNCATE audit_entry; INSERT INTO audit_entry SELECT * FROM kept; DROP TABLE kept');
    }
  });
});
