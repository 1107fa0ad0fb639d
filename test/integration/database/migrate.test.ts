import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '@fermata/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useDatabase } from '../../support/postgres.js';

const committed = path.resolve(import.meta.dirname, '../../../prisma/migrations');

describe('migrating', () => {
  const held = useDatabase({ empty: true });
  let folder: string;

  beforeEach(async () => {
    await held.admin.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    folder = await mkdtemp(path.join(tmpdir(), 'fermata-migrations-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(name: string, sql: string) {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, 'migration.sql'), sql);
  }
  const run = () => migrate({ url: held.url, folder });
  const tables = async () => {
    const { rows } = await held.admin.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  };

  it('applies the committed migrations once, and keeps the history as Prisma does', async () => {
    const progress: string[] = [];
    const { applied } = await migrate({ url: held.url, onProgress: (name) => void progress.push(name) });
    expect(applied).toEqual(progress);
    expect(applied[0]).toBe('20261121000000_initial');
    expect(await migrate({ url: held.url })).toEqual({ applied: [] });

    const sql = await readFile(path.join(committed, '20261121000000_initial/migration.sql'));
    const { rows } = await held.admin.query('SELECT * FROM "_prisma_migrations" ORDER BY migration_name');
    expect(rows).toHaveLength(applied.length);
    expect(rows[0]).toMatchObject({
      checksum: createHash('sha256').update(sql).digest('hex'),
      migration_name: '20261121000000_initial',
      applied_steps_count: 1,
      logs: null,
      rolled_back_at: null,
      finished_at: expect.any(Date) as Date,
    });
  });

  it('applies what is new, in the order of the names', async () => {
    await write('2_second', 'ALTER TABLE a ADD COLUMN b text; CREATE TABLE c (id text)');
    await write('1_first', 'CREATE TABLE a (id text)');
    expect(await run()).toEqual({ applied: ['1_first', '2_second'] });
    await write('3_third', 'CREATE TABLE d (id text)');
    expect(await run()).toEqual({ applied: ['3_third'] });
    expect(await tables()).toEqual(['a', 'c', 'd']);
  });

  it('lets five starts at once do the work of one', async () => {
    await write('1_slow', 'CREATE TABLE a (id text); SELECT pg_sleep(0.2); CREATE TABLE b (id text)');
    const results = await Promise.all([run(), run(), run(), run(), run()]);
    expect(results.flatMap(({ applied }) => applied)).toEqual(['1_slow']);
    expect(await tables()).toEqual(['a', 'b']);
  });

  it('undoes a migration that fails half-way, and takes it again once it is mended', async () => {
    await write('1_good', 'CREATE TABLE a (id text)');
    await write('2_bad', 'CREATE TABLE b (id text); SELECT no_such_function()');
    await expect(run()).rejects.toThrow(/2_bad failed and was undone.*no_such_function/);
    expect(await tables()).toEqual(['a']);
    await write('2_bad', 'CREATE TABLE b (id text)');
    expect(await run()).toEqual({ applied: ['2_bad'] });
  });

  it('refuses a migration that was edited after it had been applied', async () => {
    await write('1_first', 'CREATE TABLE a (id text)');
    await run();
    await write('1_first', 'CREATE TABLE a (id text) -- edited');
    await write('2_second', 'CREATE TABLE b (id text)');
    await expect(run()).rejects.toMatchObject({ code: 'conflict', details: { migration: '1_first' } });
    expect(await tables()).toEqual(['a']);
  });

  it('refuses a database that another version has migrated further', async () => {
    await write('1_first', 'CREATE TABLE a (id text)');
    await write('2_later', 'CREATE TABLE b (id text)');
    await run();
    await rm(path.join(folder, '2_later'), { recursive: true });
    await expect(run()).rejects.toThrow(/2_later was applied by another version/);
  });

  it('refuses a migration that Prisma began and never finished, until it is resolved', async () => {
    await write('1_first', 'CREATE TABLE a (id text)');
    await run();
    await held.admin.query('UPDATE "_prisma_migrations" SET finished_at = NULL');
    await expect(run()).rejects.toThrow(/never finished/);
    await held.admin.query('UPDATE "_prisma_migrations" SET rolled_back_at = now(); DROP TABLE a');
    expect(await run()).toEqual({ applied: ['1_first'] });
  });

  it('says so when there is no server', async () => {
    const url = 'postgresql://nobody:nothing@127.0.0.1:1/none';
    await expect(migrate({ url, folder })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('says so when another process keeps the lock', async () => {
    await held.admin.query('SELECT pg_advisory_lock(72707369)');
    try {
      await expect(migrate({ url: held.url, folder, lockTimeoutMs: 50 })).rejects.toMatchObject({
        code: 'lock_contention',
      });
    } finally {
      await held.admin.query('SELECT pg_advisory_unlock(72707369)');
    }
  });
});
