import { fileURLToPath } from 'node:url';
import type { RepositoryActivities, RepositoryRequest } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Runtime, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RepositoryInspector } from '../../../apps/api/dist/temporal/repository-inspector.js';
import { ask, codeOf, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';
import { useTemporal } from '../../support/temporal.js';

const held = useDatabase();
const stack = useTemporal(held);
let api: RunningApi;
let made: MadeOkrRun;
let token: string;
let worker: Worker;
let running: Promise<void>;
const asked: RepositoryRequest[] = [];
/** Until then `/srv/large` is being fetched. */
let fetchEnds = (): void => undefined;
const fetched = new Promise<void>((ended) => (fetchEnds = ended));

/** What a worker does, without git: this file is about what the API makes of it. */
const activities: RepositoryActivities = {
  async addRepository({ workspaceId, principalId, location, ...said }) {
    asked.push({ workspaceId, principalId, location, ...said });
    if (location === '/srv/large') await fetched;
    if (location === '/not/git') {
      throw ApplicationFailure.create({
        ...{ message: '/not/git is no git repository', type: 'not_a_repository', nonRetryable: true },
        details: [{ location }],
      });
    }
    if (location === '/broken') throw ApplicationFailure.nonRetryable('secret inner workings', 'TypeError');
    const { repositories } = repositoriesFor(held.database, workspaceId);
    const found = { forge: 'local', defaultBranch: 'main', gateSource: said.gates ? 'declared' : 'none' } as const;
    const { id } = await repositories.add(
      {
        ...found,
        ...(said.repositoryId && { id: said.repositoryId }),
        location,
        name: said.name ?? 'found',
        gates: said.gates ?? [],
        setupCommands: said.setupCommands ?? [],
      },
      { addedBy: principalId },
    );
    return { repositoryId: id };
  },
};

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  made = await makeOkrRun(held.database);
  token = await tokenOf(held.database, made, 'admin');
  worker = await Worker.create({
    connection: await NativeConnection.connect({ address: stack.temporalAddress }),
    namespace: stack.temporalNamespace,
    taskQueue: 'fermata',
    workflowsPath: fileURLToPath(
      new URL('../../../packages/workflows/dist/repositories/repository-inspection.workflow.js', import.meta.url),
    ),
    activities,
  });
  running = worker.run();
  api = await startApi({ databaseUrl: held.url, temporalAddress: stack.temporalAddress });
});
afterAll(async () => {
  fetchEnds();
  await api.stop();
  worker.shutdown();
  await running;
});

const add = (input: Record<string, unknown>) =>
  ask(
    api,
    'mutation ($input: AddRepositoryInput!) { addRepository(input: $input) { repository { id name location gateSource gates { name command timeoutMs } setupCommands } } }',
    { token, variables: { input: { clientRequestId: JSON.stringify(input), ...input } } },
  );

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
/** gRPC status codes. */
const [cancelled, deadlineExceeded] = [1, 4];

async function inspectorOf(patienceMs: number, interceptors: Interceptor[] = []) {
  const connection = await Connection.connect({ address: stack.temporalAddress, interceptors });
  const temporal = new Client({ connection, namespace: stack.temporalNamespace });
  return { inspector: new RepositoryInspector(temporal, patienceMs), close: () => connection.close() };
}

/**
 * A call whose deadline both sides see in the same millisecond ends as cancelled when the server was first, which is
 * seen about once in thirty: here it always is.
 */
const serverSeesTheDeadlineFirst: Interceptor = (options, nextCall) => {
  const call = nextCall(options);
  const start = call.start.bind(call);
  call.start = (metadata, listener) =>
    start(metadata, {
      ...listener,
      onReceiveStatus: (ended) =>
        listener?.onReceiveStatus?.(Number(ended.code) === deadlineExceeded ? { ...ended, code: cancelled } : ended),
    });
  return call as ReturnType<Interceptor>;
};

describe('addRepository', () => {
  it('lets a worker look, with everything that was said, and answers with the repository', async () => {
    const input = {
      location: '/srv/new',
      name: 'new',
      gates: [{ name: 'test', command: 'npm test' }],
      setupCommands: ['npm ci'],
    };
    expect(pick(await add(input), 'addRepository.repository')).toMatchObject({
      ...{ name: 'new', location: '/srv/new', gateSource: 'declared', setupCommands: ['npm ci'] },
      gates: [{ name: 'test', command: 'npm test', timeoutMs: 600_000 }],
    });
    expect(asked.at(-1)).toMatchObject({ workspaceId: made.workspaceId, principalId: made.principalId });
  });

  it('looks once however many ask with one key at once, and gives all the same', async () => {
    const before = asked.length;
    const input = { location: '/srv/twice', name: 'twice', clientRequestId: 'twice' };
    const answers = await Promise.all([add(input), add(input), add(input)]);
    expect(new Set(answers.map((answer) => pick(answer, 'addRepository.repository.id'))).size).toBe(1);
    expect(asked.length - before).toBe(1);
  });

  it('gives the same for a key that was used before, and refuses it for something else', async () => {
    const input = { location: '/srv/keyed', name: 'keyed', clientRequestId: 'keyed' };
    const id = pick(await add(input), 'addRepository.repository.id');
    const before = asked.length;
    expect(pick(await add(input), 'addRepository.repository.id')).toBe(id);
    expect(codeOf(await add({ ...input, location: '/srv/else' }))).toBe('idempotency_mismatch');
    expect(asked).toHaveLength(before);
  });

  it('looks again with the same key when the first look failed', async () => {
    const before = asked.length;
    const input = { location: '/not/git', clientRequestId: 'again' };
    for (let times = 0; times < 2; times += 1) expect(codeOf(await add(input))).toBe('not_a_repository');
    expect(asked.length - before).toBe(2);
  });

  it('says plainly when nothing checks the work', async () => {
    expect(pick(await add({ location: '/srv/bare', name: 'bare' }), 'addRepository.repository')).toMatchObject({
      ...{ gateSource: 'none', gates: [] },
    });
  });

  it('answers with what the worker found wrong', async () => {
    const { errors } = await add({ location: '/not/git' });
    expect(errors?.[0]).toMatchObject({
      message: '/not/git is no git repository',
      extensions: { code: 'not_a_repository', details: { location: '/not/git' } },
    });
  });

  it('keeps a defect of ours to itself', async () => {
    const { errors } = await add({ location: '/broken' });
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'internal' } });
    expect(JSON.stringify(errors)).not.toContain('inner workings');
  });

  it.each([
    ['no location', { location: ' ' }],
    ['a location with a login', { location: 'https://ann:hunter2@example.com/x.git' }],
    ['a location with a token', { location: ' https://hunter2@example.com/x.git' }],
    [
      'gates of one name',
      {
        location: '/x',
        gates: [
          { name: 'a', command: 'b' },
          { name: 'a', command: 'c' },
        ],
      },
    ],
    ['a gate that may take no time', { location: '/x', gates: [{ name: 'a', command: 'b', timeoutMs: 0 }] }],
  ])('refuses %s without asking anybody', async (_what, input) => {
    const before = asked.length;
    const answer = await add(input);
    expect(codeOf(answer)).toBe('invalid_input');
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(asked).toHaveLength(before);
  });

  it('says that it goes on when it takes long, and gives the outcome to whoever asks again', async () => {
    const { workspaceId, principalId } = made as unknown as RepositoryRequest;
    const request = { workspaceId, principalId, location: '/srv/large', name: 'large' };
    const inspection = { request, clientRequestId: 'large' };
    const before = asked.length;
    for (const interceptors of [[], [serverSeesTheDeadlineFirst]]) {
      const { inspector: impatient, close } = await inspectorOf(500, interceptors);
      await expect(impatient.inspect(inspection)).rejects.toMatchObject({
        ...{ code: 'timeout', details: { underWay: true } },
      });
      await close();
    }
    fetchEnds();
    const { inspector: patient, close } = await inspectorOf(60_000);
    const id = await patient.inspect(inspection);
    expect(asked.slice(before)).toMatchObject([{ location: '/srv/large', repositoryId: id }]);
    await close();
  });

  it('is ready when database and Temporal are there', async () => {
    const ready = await fetch(`${api.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, missing: [] }]);
  });

  it('says that nobody can look while Temporal is away', async () => {
    const alone = await startApi({ databaseUrl: held.url });
    const query = 'mutation ($input: AddRepositoryInput!) { addRepository(input: $input) { repository { id } } }';
    const answer = await ask(alone, query, { token, variables: { input: { location: '/x', clientRequestId: 'x' } } });
    expect(codeOf(answer)).toBe('unavailable');
    await alone.stop();
  });
});
