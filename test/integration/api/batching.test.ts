import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { newId } from '@fermata/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let api: RunningApi;
let made: MadeOkrRun;
let token: string;
let counting: Awaited<ReturnType<typeof countingProxy>>;

/** Stands between the API and Postgres and counts the statements that are executed. */
async function countingProxy(databaseUrl: string) {
  const target = new URL(databaseUrl);
  let statements = 0;
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let pending = Buffer.alloc(0);
    let started = false;
    client.on('data', (chunk: Buffer) => {
      upstream.write(chunk);
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        // The first message has no type byte; all others have one before their length.
        const header = started ? 5 : 4;
        if (pending.length < header) return;
        const size = pending.readInt32BE(header - 4) + header - 4;
        if (pending.length < size) return;
        const type = started ? String.fromCharCode(pending[0]!) : '';
        if (type === 'E' || type === 'Q') statements += 1;
        started = true;
        pending = pending.subarray(size);
      }
    });
    upstream.pipe(client);
    const end = () => [client, upstream].forEach((socket) => socket.destroy());
    for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    close: () => server.close(),
    async count(work: () => Promise<unknown>): Promise<number> {
      const before = statements;
      await work();
      return statements - before;
    },
  };
}

/** Another run in the same workspace, with everything below it. */
async function copyRun(): Promise<void> {
  const { database } = held;
  const okrRunId = newId('okr');
  const taskIds = [newId('task'), newId('task')];
  const run = await database.okrRun.findUniqueOrThrow({
    where: { id: made.okrRunId },
    omit: { report: true, failure: true, waitingOn: true },
  });
  const task = await database.task.findUniqueOrThrow({
    where: { id: made.taskId },
    omit: { failure: true, waitingOn: true },
  });
  const agentRun = await database.agentRun.findUniqueOrThrow({
    where: { id: made.agentRunId },
    omit: { failure: true, waitingOn: true, result: true, modelPolicy: true, modelChoice: true, resultSchema: true },
  });
  await database.okrRun.create({ data: { ...run, id: okrRunId, clientRequestId: okrRunId } });
  for (const [position, id] of taskIds.entries()) {
    const lists = { acceptanceCriteria: [], verificationSteps: [], predictedPaths: [] };
    await database.task.create({ data: { ...task, ...lists, id, okrRunId, key: `t${position}`, position } });
    const agentRunId = newId('run');
    await database.agentRun.create({ data: { ...agentRun, id: agentRunId, key: agentRunId, okrRunId, taskId: id } });
    await database.agentStep.create({
      data: {
        ...{ id: newId('stp'), workspaceId: made.workspaceId, agentRunId, index: 0, kind: 'model', name: 'scripted' },
        ...{ state: 'succeeded', attempt: 1, startedAt: new Date() },
      },
    });
  }
  const [first = '', second = ''] = taskIds;
  await database.taskDependency.create({ data: { workspaceId: made.workspaceId, taskId: second, dependsOnId: first } });
}

const board = `{
  okrRuns(first: 50) {
    nodes {
      id cost { micros } budget { limitMicros } approval { id } repository { name } agent { name }
      keyResults { title evidence { id } }
      tasks { id cost { micros } dependsOn { id } assignee { name } changeRequest { id } gates { id } review { id } agentRuns { id } }
    }
  }
}`;

beforeAll(async () => {
  made = await makeOkrRun(held.database);
  token = await tokenOf(held.database, made, 'viewer');
  counting = await countingProxy(held.url);
  api = await startApi({ databaseUrl: counting.url, env: { FERMATA_API_MAX_COST: '100000' } });
});
afterAll(async () => {
  await api.stop();
  counting.close();
});

describe('a board', () => {
  const ask_ = (query: string) => async () => {
    const answer = await ask(api, query, { token });
    expect(answer.errors).toBeUndefined();
  };

  it('costs as many statements with many runs as with two', async () => {
    await copyRun();
    const withTwo = await counting.count(ask_(board));
    for (let copies = 0; copies < 8; copies += 1) await copyRun();
    const all = await ask(api, '{ okrRuns(first: 50) { nodes { id } } }', { token });
    expect(pick(all, 'okrRuns.nodes')).toHaveLength(10);
    expect(await counting.count(ask_(board))).toBe(withTwo);
    expect(withTwo).toBeGreaterThan(5);
  });

  it('reads the steps of all its runs in two statements', async () => {
    const steps = '{ agentRuns(first: 50) { nodes { steps(first: 5) { nodes { index } pageInfo { hasNextPage } } } } }';
    // The token, the runs, the ids of the steps, the steps.
    expect(await counting.count(ask_(steps))).toBe(4);
  });
});
