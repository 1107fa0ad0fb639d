import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { useDatabase } from '../../support/postgres.js';
import { actualStructureQuery, expectedStructure } from '../../support/prisma-schema.js';

const held = useDatabase();

async function compare() {
  const schema = await readFile(path.resolve(import.meta.dirname, '../../../prisma/schema.prisma'), 'utf8');
  const { rows } = await held.admin.query<{ line: string }>(actualStructureQuery);
  return { actual: rows.map(({ line }) => line).sort(), expected: expectedStructure(schema) };
}

it('finds in the migrated database every column and index of schema.prisma, and no other', async () => {
  const { actual, expected } = await compare();
  expect(actual).toEqual(expected);
  expect(expected).toContain('task: priority integer not null default 0');
  expect(expected).toContain('event: primary key (workspace_id, cursor)');
});

it.each([
  ['a column that may be null', 'ALTER TABLE task ALTER COLUMN title DROP NOT NULL'],
  ['another type', 'ALTER TABLE task ALTER COLUMN attempts TYPE bigint'],
  ['a missing index', 'DROP INDEX task_workspace_id_state_idx'],
  [
    'an index in another order',
    'DROP INDEX budget_reservation_workspace_id_key_idx; CREATE INDEX ON budget_reservation (workspace_id, key)',
  ],
  ['another default', 'ALTER TABLE task ALTER COLUMN priority SET DEFAULT 1'],
  ['a table of its own', 'CREATE TABLE stray (id text PRIMARY KEY)'],
])('notices %s', async (_, drift) => {
  await held.admin.query('BEGIN');
  await held.admin.query(drift);
  const { actual, expected } = await compare();
  await held.admin.query('ROLLBACK');
  expect(actual).not.toEqual(expected);
});
