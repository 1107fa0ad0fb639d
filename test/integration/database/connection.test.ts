import { createDatabase, inTransaction, newId, Prisma } from '@fermata/database';
import { describe, expect, it } from 'vitest';
import { makeWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase({ poolSize: 3 });

const endOthers = () =>
  held.admin.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );

describe('the connection', () => {
  it('reads and writes the same moment although the server lives in another time zone', async () => {
    const id = newId('wsp');
    await held.admin.query(`ALTER DATABASE "${new URL(held.url).pathname.slice(1)}" SET TimeZone = 'Asia/Kathmandu'`);
    const database = createDatabase({ url: held.url });
    const createdAt = new Date('2026-03-29T01:30:00.123Z');
    await database.workspace.create({ data: { id, name: 'far away', createdAt } });
    const { rows } = await held.admin.query<{ ms: string }>(
      'SELECT extract(epoch FROM created_at) * 1000 AS ms FROM workspace WHERE id = $1',
      [id],
    );
    expect(Number(rows[0]?.ms)).toBe(createdAt.getTime());
    expect((await database.workspace.findUniqueOrThrow({ where: { id } })).createdAt).toEqual(createdAt);
    await database.close();
  });

  it('stores text that Postgres cannot hold, with the replacement character', async () => {
    const { workspaceId } = await makeWorkspace(held.database, 'a\0b\ud834');
    const { name } = await held.database.workspace.findUniqueOrThrow({ where: { id: workspaceId } });
    expect(name).toBe('a\uFFFDb\uFFFD');
  });

  it('calls a server that cannot be reached unavailable, so that it is tried again', async () => {
    const database = createDatabase({ url: 'postgresql://nobody:nothing@127.0.0.1:1/none' });
    await expect(database.workspace.findMany()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await expect(inTransaction(database, async () => 1)).rejects.toMatchObject({ code: 'unavailable' });
    await database.close();
  });

  it('calls a statement that takes too long a timeout', async () => {
    const database = createDatabase({ url: held.url, statementTimeoutMs: 50 });
    await expect(database.$queryRaw`SELECT pg_sleep(30)::text`).rejects.toMatchObject({ code: 'timeout' });
    await database.close();
  });

  it('survives the end of all its connections', async () => {
    const { workspaceId } = await makeWorkspace(held.database);
    const broken = inTransaction(held.database, async (tx) => {
      await tx.workspace.update({ where: { id: workspaceId }, data: { name: 'lost' } });
      await endOthers();
      await tx.workspace.findMany();
    });
    await expect(broken).rejects.toMatchObject({ code: 'unavailable' });
    const { name } = await held.database.workspace.findUniqueOrThrow({ where: { id: workspaceId } });
    expect(name).toBe('workspace');
  });

  it('leaves the mistakes of a caller as they are', async () => {
    const row = { id: newId('prn'), workspaceId: 'wsp_nowhere', kind: 'person', name: 'x', createdAt: new Date() };
    await expect(held.database.principal.create({ data: row })).rejects.toBeInstanceOf(
      Prisma.PrismaClientKnownRequestError,
    );
    const mine = new Error('mine');
    await expect(inTransaction(held.database, () => Promise.reject(mine))).rejects.toBe(mine);
  });
});

describe('a prepared statement', () => {
  const slow = { name: 'slow', text: 'SELECT pg_sleep(30)::text' };
  const same = { name: 'same', text: 'SELECT $1::text AS "text"' };
  /** The pool hears of a connection that was ended a moment later, and gives it out until then. */
  const heardOf = () => new Promise((resolve) => setTimeout(resolve, 200));

  it('is known again on every connection, also on one that was made after the end of all others', async () => {
    const ask = () => held.database.ask<{ text: string }>(same, ['x']);
    await Promise.all([ask(), ask(), ask()]);
    await endOthers();
    await heardOf();
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([[{ text: 'x' }], [{ text: 'x' }], [{ text: 'x' }]]);
  });

  it('fails like any other: out of reach, too slow, or its connection lost while it runs', async () => {
    const away = createDatabase({ url: 'postgresql://nobody:nothing@127.0.0.1:1/none' });
    await expect(away.ask(same, ['x'])).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await away.close();
    const hurried = createDatabase({ url: held.url, statementTimeoutMs: 50 });
    await expect(hurried.ask(slow, [])).rejects.toMatchObject({ code: 'timeout', retryable: true });
    await hurried.close();
    const broken = held.database.ask(slow, []);
    const lost = expect(broken).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await heardOf();
    await endOthers();
    await lost;
    await heardOf();
  });

  it('leaves the mistakes of a caller as they are', async () => {
    const wrong = held.database.ask({ name: 'wrong', text: 'SELECT "nothing" FROM "workspace"' }, []);
    await expect(wrong).rejects.toMatchObject({ name: 'error', code: '42703' });
  });
});

describe('a transaction', () => {
  it('is run again when it lost in a deadlock', async () => {
    const [one, other] = [await makeWorkspace(held.database), await makeWorkspace(held.database)];
    let tries = 0;
    const rename = (first: string, second: string) =>
      inTransaction(held.database, async (tx) => {
        tries += 1;
        await tx.workspace.update({ where: { id: first }, data: { name: `${first} first` } });
        await new Promise((resolve) => setTimeout(resolve, 200));
        await tx.workspace.update({ where: { id: second }, data: { name: `${first} second` } });
      });
    await Promise.all([rename(one.workspaceId, other.workspaceId), rename(other.workspaceId, one.workspaceId)]);
    expect(tries).toBeGreaterThan(2);
  });

  it('leaves nothing behind when its work throws', async () => {
    const { workspaceId } = await makeWorkspace(held.database);
    const work = inTransaction(held.database, async (tx) => {
      await tx.workspace.update({ where: { id: workspaceId }, data: { name: 'changed' } });
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect((await held.database.workspace.findUniqueOrThrow({ where: { id: workspaceId } })).name).toBe('workspace');
  });
});
