import { optionValues, readArguments } from '../shell/command-options.js';
import { anyWords, withoutUnknown } from '../shell/marks.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { type ChecksByProgram, type DangerCheck, finding } from './danger-check.js';

/** Statements that destroy more than a row. */
const drops =
  /\bdrop\s+(database|table|schema|role|user|owned|keyspace|tablespace|collection|materialized\s+view)\b|\btruncate\s+(table\s+)?(only\s+)?[\w"`[]|\balter\s+table\b[^;]{0,300}\bdrop\s+column\b/i;
const deletesAll = /\bdelete\s+from\s+(?![^;]{0,1000}\bwhere\b)[\w".`]/i;

/** What of SQL text drops or empties. Null when nothing does. */
export function droppingStatement(text: string): string | null {
  // MySQL runs what stands in comments of this kind.
  const code = text
    .replace(/\/\*!\d*([\s\S]{0,2000}?)\*\//g, ' $1 ')
    .replace(/\/\*[\s\S]{0,2000}?\*\//g, ' ')
    .replace(/--[^\n]*/g, ' ');
  // A string is a mere text, unless something in there is executed.
  const plain = /\bexecute\b|\bprepare\b/i.test(code) ? code : code.replace(/'(?:[^']|'')*'/g, "''");
  const found = drops.exec(plain) ?? deletesAll.exec(plain);
  return found === null ? null : found[0].replace(/\s+/g, ' ');
}

interface Client {
  values: string;
  /** Options that carry statements. */
  code: string;
  /** Operands that are no statements. */
  operands?: number;
}

const clients: Readonly<Record<string, Client>> = {
  psql: {
    values: 'c command f file d dbname h host p port U username v set variable o output F P R T L',
    code: 'c command',
    operands: 2,
  },
  cockroach: { values: 'e execute url host', code: 'e execute' },
  mysql: { values: 'e execute h host P port u user D database S socket', code: 'e execute', operands: 1 },
  sqlite3: { values: 'cmd init separator nullvalue', code: 'cmd', operands: 1 },
  duckdb: { values: 'c cmd init', code: 'c cmd', operands: 1 },
  'clickhouse-client': { values: 'q query h host', code: 'q query' },
  clickhouse: { values: 'q query h host', code: 'q query' },
  cqlsh: { values: 'e execute k f', code: 'e execute' },
  sqlcmd: { values: 'Q q S U P d i', code: 'Q q' },
  usql: { values: 'c command f', code: 'c command' },
  pgcli: { values: 'h p U d', code: '' },
  mycli: { values: 'e execute h P u D', code: 'e execute' },
  snowsql: { values: 'q query a u', code: 'q query' },
  trino: { values: 'execute server catalog', code: 'execute' },
  bq: { values: 'project_id', code: '' },
  sqlplus: { values: '', code: '' },
};

/** The texts a client is given to run. */
function statementsOf({ args, input }: ShellCommand, { values, code, operands = 0 }: Client): string[] {
  const read = readArguments(args, { values, attached: 'p' });
  const given = code === '' ? [] : optionValues(read, ...code.split(' '));
  return [...given, ...read.operands.slice(operands), ...(input.kind === 'text' ? [input.text] : [])].map(
    withoutUnknown,
  );
}

const statements =
  (client: Client): DangerCheck =>
  (command) => {
    const dropping = statementsOf(command, client)
      .map(droppingStatement)
      .find((found) => found !== null);
    return dropping === undefined || dropping === null ? [] : finding('database-drop', dropping);
  };

/** Tools that hand statements to a database, in whatever argument. */
const carriers = 'prisma heroku wrangler turso aws supabase rails manage.py fly flyctl drizzle-kit gcloud';

const anywhere: DangerCheck = ({ args, input }) => {
  const texts = input.kind === 'text' ? [...args, input.text] : args;
  const dropping = texts.map((text) => droppingStatement(withoutUnknown(text))).find((found) => found !== null);
  return dropping === undefined || dropping === null ? [] : finding('database-drop', dropping);
};

const mongoDrops = /dropDatabase|dropCollection|\.drop\s*\(|dropIndexes|(deleteMany|remove)\s*\(\s*(\{\s*\})?\s*\)/;

const mongo: DangerCheck = ({ args, input }) => {
  const texts = [...args, ...(input.kind === 'text' ? [input.text] : [])];
  const found = texts.map((text) => mongoDrops.exec(text)?.[0]).find((text) => text !== undefined);
  return found === undefined ? [] : finding('database-drop', found);
};

const redis: DangerCheck = ({ args, input }) => {
  const text = [args.join(' '), input.kind === 'text' ? input.text : ''].join('\n');
  const found = /\b(flushall|flushdb|swapdb)\b/i.exec(text)?.[0];
  if (found !== undefined) return finding('database-drop', found);
  return /\b(del|unlink)\b/i.test(args.join(' ')) && args.some((word) => word.includes(anyWords))
    ? finding('database-drop', 'del of what is not known')
    : [];
};

export const databaseChecks: ChecksByProgram = {
  ...Object.fromEntries(Object.entries(clients).map(([name, client]) => [name, statements(client)])),
  ...Object.fromEntries(carriers.split(' ').map((name) => [name, anywhere])),
  mongosh: mongo,
  'redis-cli': redis,
};
