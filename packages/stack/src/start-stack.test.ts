import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DomainError } from '@fermata/contracts';
import { prepareDataDirectory } from './data-directory.js';
import { postgresUser } from './postgres/postgres-user.js';
import { isSameProcess, processIdentity } from './processes/process-identity.mjs';
import { lockHolder } from './processes/process-lock.mjs';
import { eventually, startHolderProcess, temporalForTests, temporaryDirectory } from './stack.fixture.js';
import { readStackRecord, type StackRecord, writeStackRecord } from './stack-record.js';
import type { Stack, StackStep } from './stack.js';
import { startStack } from './start-stack.js';
import { probeNamespace } from './temporal/probe-namespace.js';
import { createTestDatabase } from './test-database.js';

let home: Awaited<ReturnType<typeof temporaryDirectory>>;
let temporalBinary: string;
let dataDir: string;

beforeAll(async () => {
  home = await temporaryDirectory();
  dataDir = join(home.path, 'home');
  temporalBinary = await temporalForTests();
});
afterAll(() => home.remove());

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

const alive = (pid: number | undefined): boolean => pid !== undefined && processIdentity(pid) !== null;
const failure = (work: Promise<unknown>): Promise<DomainError> =>
  work.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as DomainError,
  );

describe('a running stack', () => {
  let stack: Stack;
  const steps: StackStep[] = [];

  beforeAll(async () => {
    stack = await startStack({ dataDir, temporalBinary, onProgress: (step) => steps.push(step) });
  });
  afterAll(() => stack.stop());

  it('answers on loopback with our database, our namespace and the web UI', async () => {
    expect(await query(stack.databaseUrl, 'select current_database() as name')).toEqual([{ name: 'fermata' }]);
    expect(await probeNamespace(stack.temporalAddress, 'fermata')).toBe('registered');
    expect(await probeNamespace(stack.temporalAddress, 'another')).toBe('not_found');
    expect((await fetch(String(stack.temporalUiUrl))).status).toBe(200);
    for (const url of [stack.databaseUrl, `http://${stack.temporalAddress}`, String(stack.temporalUiUrl)]) {
      expect(new URL(url).hostname).toBe('127.0.0.1');
    }
  });

  it('keeps the password from other users and asks for it', async () => {
    expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    const wrong = new URL(stack.databaseUrl);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('has the measured settings of Postgres and Temporal', async () => {
    expect(
      await query(
        stack.databaseUrl,
        `select name, setting from pg_settings where name in ('max_connections', 'fsync') order by name`,
      ),
    ).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'max_connections', setting: '200' },
    ]);
    const commandLine = readFileSync(`/proc/${stack.pids.temporal}/cmdline`, 'utf8');
    for (const argument of [
      'history.transferProcessorMaxPollRPS=2000',
      'matching.numTaskqueueReadPartitions=1',
      'journal_mode=wal',
      'fermataOkrRun=Keyword',
    ]) {
      expect(commandLine).toContain(argument);
    }
  });

  it('refuses a second start on the same directory and says who has it', async () => {
    const error = await failure(startStack({ dataDir, temporalBinary }));
    expect(error.code).toBe('conflict');
    expect(error.message).toContain(`process ${process.pid}`);
    expect(error.message).toContain('FERMATA_HOME');
    expect(alive(stack.pids.postgres) && alive(stack.pids.temporal)).toBe(true);
  });

  it('serves as the given servers of another stack, which then embeds nothing', async () => {
    const { databaseUrl, temporalAddress } = stack;
    const other = await startStack({ dataDir: join(home.path, 'other'), databaseUrl, temporalAddress });
    expect(other).toMatchObject({ databaseUrl, temporalAddress, temporalUiUrl: null, pids: {} });
    await other.stop();
  });

  it('gives each test file a database of its own and removes it with its connections', async () => {
    const database = await createTestDatabase(stack);
    const lingering = new pg.Client({ connectionString: database.url });
    lingering.on('error', () => undefined);
    await lingering.connect();
    await database.drop();
    expect(await query(stack.databaseUrl, `select datname from pg_database where datname like 'test_%'`)).toEqual([]);
  });

  it('starts servers that were killed again, on the same ports and with their data', async () => {
    await query(stack.databaseUrl, 'create table kept as select 42 as answer');
    const before = { ...stack.pids };
    process.kill(Number(before.postgres), 'SIGKILL');
    process.kill(Number(before.temporal), 'SIGKILL');
    const restarted = (part: string): boolean => steps.some((step) => step.part === part && step.state === 'restarted');
    await eventually('both run again', () => restarted('postgres') && restarted('temporal'));
    expect(await query(stack.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(await probeNamespace(stack.temporalAddress, 'fermata')).toBe('registered');
    expect(stack.pids.postgres).not.toBe(before.postgres);
    expect((await readStackRecord(join(dataDir, 'stack.json')))?.processes).toMatchObject({
      postgres: { pid: stack.pids.postgres },
      temporal: { pid: stack.pids.temporal },
    });
  });

  it('ends everything when stopped, twice without harm, and comes back at the same addresses', async () => {
    const { pids, databaseUrl, temporalAddress, temporalUiUrl } = stack;
    const guardian = (await readStackRecord(join(dataDir, 'stack.json')))?.processes.guardian;
    await Promise.all([stack.stop(), stack.stop()]);
    expect([pids.postgres, pids.temporal].some(alive)).toBe(false);
    await eventually('the guardian is gone', () => !isSameProcess(guardian!.pid, guardian!.identity));
    expect(lockHolder(join(dataDir, 'lock'))).toBeNull();
    expect(steps.at(-1)).toMatchObject({ part: 'postgres', state: 'stopped' });

    stack = await startStack({ dataDir, temporalBinary });
    expect(stack).toMatchObject({ databaseUrl, temporalAddress, temporalUiUrl });
    expect(await query(stack.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });
});

describe('a stack whose holder was killed', () => {
  it('is ended by its guardian', async () => {
    const { child, pids } = await startHolderProcess(dataDir, temporalBinary);
    child.kill('SIGKILL');
    await eventually('the servers are gone', () => !alive(pids.postgres) && !alive(pids.temporal));
  });

  it('is put in order by the next start when the guardian was killed too', async () => {
    const { child, pids } = await startHolderProcess(dataDir, temporalBinary);
    const record = await readStackRecord(join(dataDir, 'stack.json'));
    process.kill(record!.processes.guardian!.pid, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(alive(pids.postgres) && alive(pids.temporal)).toBe(true);

    const steps: StackStep[] = [];
    const stack = await startStack({ dataDir, temporalBinary, onProgress: (step) => steps.push(step) });
    expect(alive(pids.postgres) || alive(pids.temporal)).toBe(false);
    expect(
      steps
        .filter(({ state }) => state === 'recovered')
        .map(({ part }) => part)
        .sort(),
    ).toEqual(['postgres', 'temporal']);
    expect(await query(stack.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await stack.stop();
  });

  it('starts although postmaster.pid names a process that is now another program, and leaves that one alone', async () => {
    // Of the user Postgres runs as: it is told of no other processes.
    const stranger = spawn('sleep', ['60'], { ...postgresUser(), stdio: 'ignore' });
    await once(stranger, 'spawn');
    writeFileSync(
      join(dataDir, 'postgres', 'postmaster.pid'),
      `${stranger.pid}\n${join(dataDir, 'postgres')}\n1795260550\n5432\n\n127.0.0.1\n`,
    );
    const stack = await startStack({ dataDir, temporalBinary });
    expect(await query(stack.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(alive(stranger.pid)).toBe(true);
    stranger.kill('SIGKILL');
    await stack.stop();
  });
});

describe('services that an earlier stack has left running', () => {
  /** A process that takes its time to end, as a worker does that puts its work down. */
  async function service() {
    const script = "process.on('SIGTERM', () => setTimeout(() => process.exit(), 500)); console.log('up')";
    const child = spawn(process.execPath, ['-e', `${script}; setInterval(() => undefined, 1000)`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    const pid = Number(child.pid);
    return { child, known: { pid, identity: String(processIdentity(pid)) } };
  }

  async function recorded(processes: StackRecord['processes']): Promise<void> {
    const holder = { pid: 1, identity: 'gone' };
    const record: StackRecord = { version: 1, holder, startedAt: new Date().toISOString(), ports: {}, processes };
    await prepareDataDirectory(dataDir);
    await writeStackRecord(join(dataDir, 'stack.json'), record);
  }

  it('are ended before anything is started', async () => {
    const [api, worker] = [await service(), await service()];
    await recorded({ api: api.known, worker: worker.known });
    const steps: StackStep[] = [];
    const stack = await startStack({ dataDir, temporalBinary, onProgress: (step) => steps.push(step) });
    expect([api, worker].map(({ known }) => alive(known.pid))).toEqual([false, false]);
    expect(worker.child.signalCode).toBeNull();
    expect(steps.slice(0, 2).map(({ part, state }) => `${part} ${state}`)).toEqual([
      'worker recovered',
      'api recovered',
    ]);
    expect((await readStackRecord(join(dataDir, 'stack.json')))?.processes).not.toHaveProperty('worker');
    await stack.stop();
  });

  it('are not forgotten by a start that fails, and a pid that is now another program is left alone', async () => {
    const [stranger, worker] = [await service(), await service()];
    await recorded({ api: { ...stranger.known, identity: 'another' }, worker: worker.known });
    const abort = AbortSignal.abort(new Error('changed my mind'));
    await expect(startStack({ dataDir, temporalBinary, signal: abort })).rejects.toThrow('changed my mind');
    expect((await readStackRecord(join(dataDir, 'stack.json')))?.processes).toMatchObject({ worker: worker.known });
    const stack = await startStack({ dataDir, temporalBinary });
    expect([stranger, worker].map(({ known }) => alive(known.pid))).toEqual([true, false]);
    stranger.child.kill('SIGKILL');
    await stack.stop();
  });
});

describe('a stack that cannot start', () => {
  it('leaves nothing running and the directory free when it is aborted', async () => {
    const abort = new AbortController();
    const onProgress = ({ part, state }: StackStep): void => {
      if (part === 'temporal' && state === 'starting') abort.abort(new Error('changed my mind'));
    };
    await expect(startStack({ dataDir, temporalBinary, signal: abort.signal, onProgress })).rejects.toThrow(
      'changed my mind',
    );
    expect((await readStackRecord(join(dataDir, 'stack.json')))?.processes).toEqual({});
    expect(lockHolder(join(dataDir, 'lock'))).toBeNull();
  });

  it('names a configured port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const error = await failure(startStack({ dataDir, temporalBinary, ports: { temporalUi: port } }));
    server.close();
    expect(error).toMatchObject({ code: 'port_taken', details: { name: 'temporalUi', port } });
    expect((await readStackRecord(join(dataDir, 'stack.json')))?.processes).toEqual({});
  });

  it('names a port of the API that is taken before it starts anything', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const seen: StackStep[] = [];
    const onProgress = (step: StackStep): void => void seen.push(step);
    const error = await failure(startStack({ dataDir, temporalBinary, ports: { api: port }, onProgress }));
    server.close();
    expect(error).toMatchObject({ code: 'port_taken', details: { name: 'api', port } });
    expect(seen).toEqual([]);
    expect(lockHolder(join(dataDir, 'lock'))).toBeNull();
  });

  it('names given servers that do not answer, without the password', async () => {
    const other = join(home.path, 'other');
    const database = await failure(
      startStack({ dataDir: other, temporalBinary, databaseUrl: 'postgresql://me:secret@127.0.0.1:1/none' }),
    );
    expect(database).toMatchObject({ code: 'unavailable' });
    expect(database.message).toContain('127.0.0.1:1');
    expect(database.message).not.toContain('secret');
    const temporal = await failure(
      startStack({ dataDir: other, databaseUrl: 'postgresql://127.0.0.1:1/x', temporalAddress: '127.0.0.1:1' }),
    );
    expect(temporal.code).toBe('unavailable');
  });

  it('says what to do when there is no Temporal program', async () => {
    expect(await failure(startStack({ dataDir }))).toMatchObject({ code: 'missing_program' });
    const error = await failure(startStack({ dataDir, temporalBinary: join(home.path, 'nothing') }));
    expect(error).toMatchObject({ code: 'missing_program' });
  });

  it('refuses data of another major version of Postgres', async () => {
    const version = join(dataDir, 'postgres', 'PG_VERSION');
    const actual = readFileSync(version);
    writeFileSync(version, '12\n');
    const error = await failure(startStack({ dataDir, temporalBinary }));
    writeFileSync(version, actual);
    expect(error).toMatchObject({ code: 'data_directory_unusable' });
    expect(error.message).toContain('Postgres 12');
    expect(error.message).toContain('pg_dump');
  });
});
