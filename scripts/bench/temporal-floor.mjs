import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { distribution } from './statistics.mjs';

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
  await withWorker(fermata, { activity: nothing }, (client) =>
    client.workflow.execute('floor', { workflowId: randomUUID(), taskQueue, args: [warmUp + activities] }),
  );
  const measured = startedAt.slice(warmUp);
  const turns = measured.slice(ofOneTurn).map((at, index) => at - measured[index]);
  return [distribution('temporal_floor_of_turn', 'ms', turns)];
}

/**
 * What Temporal itself takes for runs of one answer, in seconds: workflows of one activity each that only waits, all started at once, after
 * as many as `warmUpRuns` without a wait.
 * @param {{ stack: any }} fermata
 * @param {{ prompts: number, slots?: number, thinkMs: number, warmUpRuns: number }} load
 */
export async function secondsOfFloor(fermata, { prompts, slots = prompts, thinkMs, warmUpRuns }) {
  let pauseMs = 0;
  const execute = (client, runs) =>
    Promise.all(
      Array.from({ length: runs }, () =>
        client.workflow.execute('floor', { workflowId: randomUUID(), taskQueue, args: [1] }),
      ),
    );
  const work = async (client) => {
    await execute(client, warmUpRuns);
    pauseMs = thinkMs;
    const startedAt = performance.now();
    await execute(client, prompts);
    return (performance.now() - startedAt) / 1_000;
  };
  return withWorker(fermata, { activity: () => sleep(pauseMs), maxConcurrentActivityTaskExecutions: slots }, work);
}

/** Runs `work` while a worker with one activity serves the queue, whose workflows note no stacks, as those of our workers do not. */
async function withWorker({ stack }, { activity, ...options }, work) {
  const { temporalAddress: address, temporalNamespace: namespace } = stack;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const workflowBundle = { code: `Error.stackTraceLimit = 0;${code}` };
  const activities = { nothing: activity };
  const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle, activities, ...options });
  try {
    return await worker.runUntil(work(client));
  } finally {
    await client.connection.close();
    await connection.close();
  }
}
