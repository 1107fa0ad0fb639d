import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { distribution, reading } from './statistics.mjs';

const workflowsPath = fileURLToPath(new URL('./floor-of-temporal.mjs', import.meta.url));
const taskQueue = 'bench-floor';
const warmUp = 100;
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
 * The same for many runs of one answer at once: workflows of one empty activity each, and how many of them end in a second.
 * @param {{ fermata: any }} bench
 */
export async function measurePromptFloor({ fermata }, { prompts = 300 } = {}) {
  const execute = (client) => client.workflow.execute('floor', { workflowId: randomUUID(), taskQueue, args: [1] });
  const seconds = await withWorker(
    fermata,
    async () => undefined,
    async (client) => {
      await Promise.all(Array.from({ length: warmUp }, () => execute(client)));
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: prompts }, () => execute(client)));
      return (performance.now() - startedAt) / 1_000;
    },
  );
  return [reading(`temporal_floor_of_prompts_${prompts}`, 'prompts/s', prompts / seconds)];
}

/** Runs `work` while a worker with one empty activity serves the queue. */
async function withWorker({ stack }, nothing, work) {
  const { temporalAddress: address, temporalNamespace: namespace } = stack;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const worker = await Worker.create({ connection, namespace, taskQueue, workflowsPath, activities: { nothing } });
  try {
    return await worker.runUntil(work(client));
  } finally {
    await client.connection.close();
    await connection.close();
  }
}
