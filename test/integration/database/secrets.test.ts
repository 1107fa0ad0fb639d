import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createSecretCipher,
  createSecretRepository,
  type Database,
  ensureKeyFile,
  openKeyRing,
  readKnownSecrets,
  repositoriesFor,
  rotateSecrets,
  type SecretKeyRing,
  verifyAuditChain,
} from '@fermata/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeWorkspace, type TestWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const value = 'sk-the-value-itself';
let folder: string;
let file: string;
let ring: SecretKeyRing;
let mine: TestWorkspace;
let theirs: TestWorkspace;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-secrets-'));
  file = join(folder, 'keys.json');
  ensureKeyFile(file);
  ring = openKeyRing({ file });
  await held.database.secret.deleteMany();
  [mine, theirs] = [await makeWorkspace(held.database), await makeWorkspace(held.database)];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const secretsOf = ({ workspaceId }: TestWorkspace, keys = ring) =>
  createSecretRepository(held.database, workspaceId, createSecretCipher(keys));
const save = (of: TestWorkspace, name: string, text = value) =>
  secretsOf(of).save({ name, value: text }, { savedBy: of.principalId });
const rowOf = ({ workspaceId }: TestWorkspace, name: string) =>
  held.database.secret.findFirstOrThrow({ where: { workspaceId, name } });
const keyIds = (keys = ring) => keys.read().map(({ id }) => id);
const eventsOf = ({ workspaceId }: TestWorkspace) => repositoriesFor(held.database, workspaceId).events.after(0n);
async function auditOf({ workspaceId }: TestWorkspace) {
  const where = { workspaceId, action: { startsWith: 'secret.' } };
  const rows = await held.database.auditEntry.findMany({ where, orderBy: { sequence: 'asc' } });
  return rows.map(({ action, actor, detail }) => ({ action, actor, detail: JSON.parse(detail) as object }));
}

/** What a Prisma client can do besides: here to let something happen between a query and what is made of it. */
interface Extensible {
  $extends(extension: {
    query: { secret: Partial<Record<'findFirst' | 'findMany', (call: QueryCall) => Promise<unknown>>> };
  }): Database;
}
interface Counting {
  $extends(extension: { query: { $queryRaw(call: RowsCall): Promise<object[]> } }): Database;
}
interface RowsCall {
  args: unknown;
  query: (args: unknown) => Promise<object[]>;
}
interface QueryCall {
  args: unknown;
  query: (args: unknown) => Promise<unknown>;
}

/** Every place of the database in which the text stands, as text or as bytes. */
async function placesOf(text: string): Promise<string[]> {
  const { rows } = await held.admin.query<{ table: string; column: string; type: string }>(
    `SELECT table_name AS "table", column_name AS "column", data_type AS "type" FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  const found: string[] = [];
  for (const { table, column, type } of rows) {
    const holds =
      type === 'bytea' ? `position($1::text::bytea IN "${column}") > 0` : `position($1 IN "${column}"::text) > 0`;
    const { rowCount } = await held.admin.query(`SELECT 1 FROM "${table}" WHERE ${holds} LIMIT 1`, [text]);
    if (rowCount) found.push(`${table}.${column}`);
  }
  return found;
}

describe('a stored secret', () => {
  it('stands in no column of any table', async () => {
    await save(mine, 'API_KEY');
    expect(await placesOf(value)).toEqual([]);
    expect(await placesOf('API_KEY')).toEqual(
      expect.arrayContaining(['secret.name', 'event.data', 'audit_entry.detail']),
    );
    await held.database.secret.updateMany({ data: { ciphertext: Buffer.from(value) } });
    expect(await placesOf(value)).toEqual(['secret.ciphertext']);
  });

  it('is told in one event and one audit entry for each change, with its name and no value', async () => {
    const { id, keyId } = await save(mine, 'API_KEY');
    await save(mine, 'API_KEY', 'another');
    await secretsOf(mine).remove('API_KEY', { removedBy: mine.principalId });
    const events = await eventsOf(mine);
    expect(events.map(({ type, subjectId, data }) => ({ type, subjectId, data }))).toEqual([
      { type: 'secret.saved', subjectId: id, data: { name: 'API_KEY' } },
      { type: 'secret.saved', subjectId: id, data: { name: 'API_KEY' } },
      { type: 'secret.removed', subjectId: id, data: { name: 'API_KEY' } },
    ]);
    expect((await auditOf(mine)).map(({ action, actor }) => [action, actor])).toEqual([
      ['secret.save', mine.principalId],
      ['secret.save', mine.principalId],
      ['secret.remove', mine.principalId],
    ]);
    expect((await auditOf(mine))[0]?.detail).toEqual({ name: 'API_KEY', keyId });
    expect(await verifyAuditChain(held.database, mine.workspaceId)).toMatchObject({ brokenAt: null });
  });

  it('takes another value under its name, and keeps when it was made', async () => {
    const first = await save(mine, 'API_KEY');
    const second = await save(mine, 'API_KEY', 'another');
    expect(second).toMatchObject({ id: first.id, createdAt: first.createdAt });
    expect(await secretsOf(mine).reveal('API_KEY')).toBe('another');
    expect(await held.database.secret.count()).toBe(1);
  });

  it('is made once by many who save it at once', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, at) => save(mine, 'API_KEY', `value ${at}`)));
    expect(await secretsOf(mine).list()).toHaveLength(1);
    expect(await secretsOf(mine).reveal('API_KEY')).toMatch(/^value \d$/);
  });

  it('leaves nothing behind when it cannot be encrypted', async () => {
    const without = secretsOf(mine, openKeyRing({}));
    await expect(without.save({ name: 'A', value }, { savedBy: mine.principalId })).rejects.toMatchObject({
      code: 'secrets_unavailable',
    });
    expect([await held.database.secret.count(), await eventsOf(mine), await auditOf(mine)]).toEqual([0, [], []]);
  });
});

describe('another workspace', () => {
  it('sees, reads and removes nothing of it, and has its own of the same name', async () => {
    await save(theirs, 'API_KEY');
    expect(await secretsOf(mine).list()).toEqual([]);
    expect(await secretsOf(mine).reveal('API_KEY')).toBeNull();
    const removing = secretsOf(mine).remove('API_KEY', { removedBy: mine.principalId });
    await expect(removing).rejects.toMatchObject({ code: 'not_found' });
    await save(mine, 'API_KEY', 'mine');
    expect(await secretsOf(theirs).reveal('API_KEY')).toBe(value);
  });

  it('cannot open a row that was copied to it, nor can another name', async () => {
    await save(theirs, 'API_KEY');
    const { nonce, ciphertext, keyId } = await rowOf(theirs, 'API_KEY');
    await save(mine, 'API_KEY', 'mine');
    await save(theirs, 'OTHER', 'other');
    await held.database.secret.updateMany({ data: { nonce, ciphertext, keyId } });
    const refused = { code: 'secrets_unavailable' };
    await expect(secretsOf(mine).reveal('API_KEY')).rejects.toMatchObject(refused);
    await expect(secretsOf(theirs).reveal('OTHER')).rejects.toMatchObject(refused);
    expect(await secretsOf(theirs).reveal('API_KEY')).toBe(value);
  });

  it('keeps its key when one rotates', async () => {
    await save(theirs, 'API_KEY');
    await save(mine, 'API_KEY');
    const before = await rowOf(theirs, 'API_KEY');
    const [old] = keyIds();
    const first = await rotateSecrets(held.database, mine, ring);
    expect(first).toEqual({ keyId: keyIds()[0], rotated: 1, retiredKeyIds: [] });
    expect(keyIds()).toEqual([first.keyId, old]);
    expect(await rowOf(theirs, 'API_KEY')).toEqual(before);
    expect(await eventsOf(theirs)).toHaveLength(1);
    expect(await secretsOf(theirs).reveal('API_KEY')).toBe(value);
    const second = await rotateSecrets(held.database, theirs, ring);
    // What the other workspace has now is still under the first rotation's key.
    expect(second).toMatchObject({ rotated: 1, retiredKeyIds: [old] });
    expect(keyIds()).toEqual([second.keyId, first.keyId]);
  });
});

describe('a rotation', () => {
  const names = Array.from({ length: 45 }, (_, at) => `KEY_${at}`);
  const fill = async () => {
    for (const name of names) await save(mine, name, `value of ${name}`);
  };
  const expectAllToOpen = async (keys = ring) => {
    for (const name of names) expect(await secretsOf(mine, keys).reveal(name)).toBe(`value of ${name}`);
  };

  it('encrypts every secret anew, in several transactions, and drops the old key from the file', async () => {
    await fill();
    const [old] = keyIds();
    const before = await rowOf(mine, 'KEY_7');
    const { keyId, rotated, retiredKeyIds } = await rotateSecrets(held.database, mine, ring);
    expect({ rotated, retiredKeyIds }).toEqual({ rotated: names.length, retiredKeyIds: [old] });
    expect(keyIds()).toEqual([keyId]);
    expect(readFileSync(file, 'utf8')).not.toContain(old);
    await expectAllToOpen();
    const after = await rowOf(mine, 'KEY_7');
    expect(after).toMatchObject({ keyId, createdAt: before.createdAt, updatedAt: before.updatedAt });
    expect(Buffer.from(after.nonce).equals(before.nonce)).toBe(false);
    const entries = (await auditOf(mine)).filter(({ action }) => action === 'secret.rotate');
    expect(entries.map(({ detail }) => (detail as { names: string[] }).names.length)).toEqual([20, 20, 5]);
  });

  it('that died in the middle left every secret readable, and the next one finishes it', async () => {
    await fill();
    const [old] = keyIds();
    // The third transaction of rows fails, as when its process is killed: no key was dropped.
    let asked = 0;
    const dying: SecretKeyRing = {
      write: ring.write,
      read: () => {
        if ((asked += 1) > 60) throw new Error('killed');
        return ring.read();
      },
    };
    await expect(rotateSecrets(held.database, mine, dying)).rejects.toThrow('killed');
    const states = await held.database.secret.groupBy({ by: ['keyId'], _count: true, orderBy: { keyId: 'asc' } });
    expect(states).toHaveLength(2);
    expect(keyIds()).toHaveLength(2);
    await expectAllToOpen();
    const { keyId, retiredKeyIds } = await rotateSecrets(held.database, mine, ring);
    expect(retiredKeyIds).toHaveLength(2);
    expect(retiredKeyIds).toContain(old);
    expect(keyIds()).toEqual([keyId]);
    await expectAllToOpen();
  });

  it('loses nothing to others that rotate and save at the same time', async () => {
    await fill();
    const saves = names.map((name) => save(mine, name, `value of ${name}`));
    await Promise.all([1, 2, 3].map(() => rotateSecrets(held.database, mine, openKeyRing({ file }))));
    await Promise.all(saves);
    await expectAllToOpen();
    await rotateSecrets(held.database, mine, ring);
    expect(keyIds()).toHaveLength(1);
    await expectAllToOpen();
  });

  it('touches no key while somebody writes a secret, who reads none while a rotation does', async () => {
    await save(mine, 'API_KEY');
    const before = readFileSync(file, 'utf8');
    await held.admin.query('BEGIN; LOCK TABLE "secret" IN ROW EXCLUSIVE MODE');
    const rotating = rotateSecrets(held.database, mine, ring);
    await sleep(300);
    expect(readFileSync(file, 'utf8')).toBe(before);
    await held.admin.query('COMMIT');
    await rotating;

    let asked = 0;
    const counting = { ...ring, read: () => ((asked += 1), ring.read()) };
    await held.admin.query('BEGIN; LOCK TABLE "secret" IN EXCLUSIVE MODE');
    const saving = secretsOf(mine, counting).save({ name: 'OTHER', value }, { savedBy: mine.principalId });
    await sleep(300);
    expect(asked).toBe(0);
    expect(await secretsOf(mine).reveal('API_KEY')).toBe(value);
    await held.admin.query('COMMIT');
    await saving;
    expect(asked).toBeGreaterThan(0);
  });

  it('between the row and the keys of one who reads makes the row be read again', async () => {
    await save(mine, 'API_KEY');
    let reads = 0;
    const interrupted = (held.database as unknown as Extensible).$extends({
      query: {
        secret: {
          findFirst: async ({ args, query }) => {
            const row = await query(args);
            if ((reads += 1) === 1) await rotateSecrets(held.database, mine, ring);
            return row;
          },
        },
      },
    });
    const secrets = createSecretRepository(interrupted, mine.workspaceId, createSecretCipher(ring));
    expect(await secrets.reveal('API_KEY')).toBe(value);
    expect(reads).toBe(2);
  });

  it('goes over to the first key of FERMATA_SECRET_KEYS, and says which may be taken out', async () => {
    const [one, two] = ['one', 'two'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
    const first = openKeyRing({ list: one });
    await secretsOf(mine, first).save({ name: 'API_KEY', value }, { savedBy: mine.principalId });
    const both = openKeyRing({ list: `${two},${one}` });
    const expected = { keyId: 'two', rotated: 1, retiredKeyIds: ['one'] };
    expect(await rotateSecrets(held.database, mine, both)).toEqual(expected);
    expect(await rotateSecrets(held.database, mine, both)).toEqual({ ...expected, rotated: 0 });
    expect(await secretsOf(mine, openKeyRing({ list: two })).reveal('API_KEY')).toBe(value);
  });

  it('stops at a secret that no key opens, naming it, and drops no key', async () => {
    await save(mine, 'GONE');
    await held.database.secret.updateMany({ data: { keyId: 'lost' } });
    const [old] = keyIds();
    await expect(rotateSecrets(held.database, mine, ring)).rejects.toThrow(/GONE.*lost/);
    expect(keyIds()[1]).toBe(old);
  });
});

describe('what must not be written down', () => {
  const read = (version: string | null, keys = ring) =>
    readKnownSecrets(held.database, createSecretCipher(keys), version);

  it('is every secret of every workspace, and is read again only when one has changed', async () => {
    await save(mine, 'A', 'first value');
    await save(theirs, 'B', 'second value');
    const known = await read(null);
    expect(known?.secrets.map((secret) => secret.value).sort()).toEqual(['first value', 'second value']);
    expect(await read(known?.version ?? null)).toBeNull();
    await save(mine, 'A', 'another value');
    expect((await read(known?.version ?? null))?.secrets.map(({ value: text }) => text)).toContain('another value');
  });

  it('has its name where there is but one workspace, and else none that another could read', async () => {
    await save(mine, 'A');
    expect((await read(null))?.secrets.map(({ name }) => name)).toEqual(['stored secret']);
    const counted = (held.database as unknown as Counting).$extends({
      query: { $queryRaw: async ({ args, query }) => (await query(args)).map((row) => ({ ...row, workspaces: 1 })) },
    });
    const alone = await readKnownSecrets(counted, createSecretCipher(ring), null);
    expect(alone?.secrets.map(({ name }) => name)).toEqual(['A']);
  });

  it('is read again when it was saved by somebody whose clock is slow', async () => {
    await save(mine, 'A', 'first value');
    await save(theirs, 'B', 'second value');
    const known = await read(null);
    await save(mine, 'A', 'another value');
    await held.database.secret.updateMany({ where: { name: 'A' }, data: { updatedAt: new Date(0) } });
    expect((await read(known?.version ?? null))?.secrets.map(({ value: text }) => text)).toContain('another value');
  });

  it('is read again where something was saved while it was read', async () => {
    await save(mine, 'A', 'first value');
    const database = (held.database as unknown as Extensible).$extends({
      query: {
        secret: {
          async findMany({ args, query }) {
            const rows = await query(args);
            await save(mine, 'B', 'second value');
            return rows;
          },
        },
      },
    });
    const known = await readKnownSecrets(database, createSecretCipher(ring), null);
    expect(known?.secrets.map(({ value: text }) => text)).toEqual(['first value']);
    expect((await read(known?.version ?? null))?.secrets.map(({ value: text }) => text)).toContain('second value');
  });

  it('is not forgotten when the keys cannot be read for a moment', async () => {
    await save(mine, 'A', 'first value');
    const known = await read(null);
    const keys = readFileSync(file, 'utf8');
    await save(mine, 'B', 'second value');
    writeFileSync(file, keys.slice(0, 20));
    await expect(read(known?.version ?? null)).rejects.toThrow();
    writeFileSync(file, keys);
    expect((await read(known?.version ?? null))?.secrets).toHaveLength(2);
  });

  it('is not what this process cannot open', async () => {
    await save(mine, 'A');
    const other = join(folder, 'other.json');
    ensureKeyFile(other);
    expect((await read(null, openKeyRing({ file: other })))?.secrets).toEqual([]);
  });
});
