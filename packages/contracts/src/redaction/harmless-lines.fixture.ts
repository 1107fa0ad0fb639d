import { createHash } from 'node:crypto';

const digest = (algorithm: string, of: string, encoding: 'hex' | 'base64' | 'base64url'): string =>
  createHash(algorithm).update(of).digest(encoding);
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** What repositories and tools are full of, and what looks a little like a secret without being one. */
export const harmlessLines: readonly string[] = [
  ...times(40, (n) => `commit ${digest('sha1', `commit ${n}`, 'hex')}`),
  ...times(40, (n) =>
    digest('sha256', `uuid ${n}`, 'hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5'),
  ),
  ...times(60, (n) => `      "integrity": "sha512-${digest('sha512', `package ${n}`, 'base64')}",`),
  ...times(20, (n) => `sha256:${digest('sha256', `layer ${n}`, 'hex')}`),
  ...times(
    20,
    (n) =>
      `data:image/png;base64,iVBORw0KGgo${times(30, (m) => digest('sha512', `${n} ${m}`, 'base64').slice(0, 84)).join('')}==`,
  ),
  ...times(20, (n) => `id: ${digest('sha256', `id ${n}`, 'base64url')}`),
  '.sk-loading-indicator-container-wrapper { color: red }',
  '<div class="sk-fading-circle sk-circle12-and-more-words-here">',
  'import sklearn; from sk-learn import linear_model',
  'npm run task-runner --workspace packages/task-queue-and-more-things-1A',
  'https://example.com:8080/path@2x.png',
  'https://registry.example.com/@scope/name/-/name-1.2.3.tgz',
  'git@github.com:owner/repository.git',
  'ssh://git@example.com:22/owner/repository.git',
  'postgresql://fermata:${POSTGRES_PASSWORD:?set it in .env}@postgres:5432/fermata',
  'postgres://$USER:$PASSWORD@localhost/db',
  'redis://localhost:6379/0',
  'http://user@host.example/path',
  'ANTHROPIC_API_KEY=',
  'export OPENAI_API_KEY="$(pass show openai)"',
  "const header = '-----BEGIN PRIVATE KEY-----';",
  '-----BEGIN PUBLIC KEY-----',
  '-----BEGIN CERTIFICATE-----',
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo',
  'eyJ is how base64 of a JSON object begins',
  'AKIA is how AWS access keys begin, and ghp_ those of GitHub; xoxb- of Slack',
  'sk-ant-… and glpat-… are prefixes',
  'const prefix = "fermata_";',
  'fermata_workspace_okr_run_task_repository_search_attribute',
  'SELECT * FROM eyJ_table WHERE sk_live = true',
  'AIzawa is a family name',
  'user:password',
  '0xdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
];
