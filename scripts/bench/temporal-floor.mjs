import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { distribution, reading } from './statistics.mjs';

const workflowsPath = fileURLToPath(new URL('./floor-of-temporal.mjs', import.meta.url));
const taskQueue = 'bench-floor';
const warmUp = 100;
const warmUpRuns = 300;
const activities = 300;
/** What a turn of an agent takes of Temporal: a model call and a tool call. */
const ofOneTurn = 2;

/**
 * What Temporal itself takes for a turn on this machine, at this moment, with nothing in it: the floor that time between
 * an answer and the next request can be measured against. Elapsed times differ between machines and hours; the ratio hardly.
 * @param {{ fermata: any }} bench
 */
export async function measureFloor({ fermata }) {
  const startedAt = [];
  const nothing = async () => void startedAt.push(performance.now());
  await withWorker(fermata, nothing, (client) =>
    client.workflow.execute('floor', { workflowId: randomUUID(), taskQueue, args: [warmUp + activities] }),
  );
  const measured = startedAt.slice(warmUp);
  const turns = measured.slice(ofOneTurn).map((at, index) => at - measured[index]);
  return [distribution('temporal_floor_of_turn', 'ms', turns)];
}

/**
 * The same for many runs of one answer at once: workflows of one activity each that does nothing but wait.
 * @param {{ fermata: any }} bench
 */
export async function measurePromptFloors({ fermata }) {
  const seconds = (load) => secondsOfRuns(fermata, load);
  return [
    reading('temporal_floor_of_prompts_300', 'prompts/s', 300 / (await seconds({ prompts: 300, thinkMs: 0 }))),
    reading('temporal_floor_of_prompts_100_of_1s', 's', await seconds({ prompts: 100, thinkMs: 1_000 })),
    reading(
      'temporal_floor_of_prompts_100_of_1s_on_20',
      's',
      await seconds({ prompts: 100, slots: 20, thinkMs: 1_000 }),
    ),
  ];
}

async function secondsOfRuns(fermata, { prompts, slots = prompts, thinkMs }) {
  const execute = (client) => client.workflow.execute('floor', { workflowId: randomUUID(), taskQueue, args: [1] });
  let pauseMs = 0;
  return withWorker(
    fermata,
    () => sleep(pauseMs),
    async (client) => {
      await Promise.all(Array.from({ length: warmUpRuns }, () => execute(client)));
      pauseMs = thinkMs;
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: prompts }, () => execute(client)));
      return (performance.now() - startedAt) / 1_000;
    },
    { maxConcurrentActivityTaskExecutions: slots },
  );
}

/** Runs `work` while a worker with one empty activity serves the queue. */
async function withWorker({ stack }, nothing, work, options = {}) {
  const { temporalAddress: address, temporalNamespace: namespace } = stack;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const what = { connection, namespace, taskQueue, workflowsPath, activities: { nothing } };
  const worker = await Worker.create({ ...what, ...options });
  try {
    return await worker.runUntil(work(client));
  } finally {
    await client.connection.close();
    await connection.close();
  }
}
