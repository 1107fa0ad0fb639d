/** What a database must have for the models of a Prisma schema: one line for each column and index, sorted. */
export function expectedStructure(schema: string): string[] {
  return [...schema.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)]
    .flatMap(([, name = '', body = '']) => {
      const lines = body.split('\n').map((line) => line.trim());
      const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? name;
      const columns = lines.flatMap((line) => columnOf(line));
      const nameOf = new Map(columns.map((column) => [column.field, column.name]));
      const own = columns.flatMap(({ line, name: column }) => [
        ...(/\s@id\b/.test(line) ? [`primary key (${column})`] : []),
        ...(/\s@unique\b/.test(line) ? [`unique (${column})`] : []),
      ]);
      const indexes = lines.flatMap((line) => {
        const [, kind = '', fields = ''] = /^@@(id|unique|index)\(\[(.*?)\]\)$/.exec(line) ?? [];
        const list = fields.split(', ').map((field) => indexedColumn(field, nameOf));
        return kind === '' ? [] : [`${indexKinds[kind] ?? kind} (${list.join(', ')})`];
      });
      return [...columns.map(({ text }) => text), ...own, ...indexes].map((line) => `${table}: ${line}`);
    })
    .sort();
}

/** With its operator class, where that is not the usual one of its type. */
function indexedColumn(field: string, nameOf: ReadonlyMap<string, string>): string {
  const [, name = field, operators] = /^(\w+)\(ops: raw\("(\w+)"\)\)$/.exec(field) ?? [];
  return [nameOf.get(name) ?? name, ...(operators ? [operators] : [])].join(' ');
}

const indexKinds: Record<string, string> = { id: 'primary key', unique: 'unique', index: 'index' };

const columnTypes: Record<string, string> = {
  String: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Bytes: 'bytea',
  Boolean: 'boolean',
  Float: 'double precision',
  Json: 'jsonb',
  Date: 'date',
  Timestamptz: 'timestamp(3) with time zone',
};

/** A type that is not in the table gives no column here, and so a difference to the database. */
function columnOf(line: string) {
  const [field, type] = [captured(line, /^(\w+)/), captured(line, /^\w+\s+(\w+)/)];
  const sqlType = columnTypes[captured(line, / @db\.(\w+)/) || type];
  if (sqlType === undefined) return [];
  const name = captured(line, /@map\("(\w+)"\)/) || field;
  // As Postgres writes a text.
  const fallback = captured(line, / @default\((.*?)\)/).replace(/^"(.*)"$/, "'$1'::text");
  const text = `${name} ${sqlType} ${/^\w+\s+\w+\?/.test(line) ? 'null' : 'not null'}`;
  return [{ line, field, name, text: fallback === '' ? text : `${text} default ${fallback}` }];
}

function captured(line: string, pattern: RegExp): string {
  return pattern.exec(line)?.[1] ?? '';
}

/** Gives the lines of `expectedStructure` for the tables of a database, apart from Prisma's own. */
export const actualStructureQuery = `
  SELECT c.relname || ': ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
         || CASE WHEN a.attnotnull THEN ' not null' ELSE ' null' END
         || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') AS line
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'
  UNION ALL
  SELECT c.relname || ': '
         || CASE WHEN i.indisprimary THEN 'primary key' WHEN i.indisunique THEN 'unique' ELSE 'index' END
         || ' (' || (SELECT string_agg(a.attname || CASE WHEN o.opcdefault THEN '' ELSE ' ' || o.opcname END, ', ' ORDER BY k.place)
                     FROM unnest(i.indkey::int2[], i.indclass::oid[]) WITH ORDINALITY k(attnum, operators, place)
                     JOIN pg_opclass o ON o.oid = k.operators
                     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) || ')'
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
  WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'`;
