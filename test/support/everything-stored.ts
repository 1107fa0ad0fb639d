import type { Database } from '@fermata/database';

/** Every text of every row of every table, as one. Bytes are in hex. */
export async function everythingStored(database: Database): Promise<string> {
  const tables = await database.$queryRaw<{ name: string }[]>`
    SELECT "table_name" AS "name" FROM "information_schema"."tables"
    WHERE "table_schema" = 'public' AND "table_type" = 'BASE TABLE'`;
  const texts = await Promise.all(
    tables.map(({ name }) => database.$queryRawUnsafe<{ row: string }[]>(`SELECT t::text AS row FROM "${name}" AS t`)),
  );
  return texts
    .flat()
    .map(({ row }) => row)
    .join('\n');
}
