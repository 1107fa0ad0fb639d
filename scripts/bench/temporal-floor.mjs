import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
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
  const { temporalAddress: address, temporalNamespace: namespace } = fermata.stack;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const startedAt = [];
  const nothing = async () => void startedAt.push(performance.now());
  const worker = await Worker.create({ connection, namespace, taskQueue, workflowsPath, activities: { nothing } });
  try {
    await worker.runUntil(
      client.workflow.execute('floor', { workflowId: randomUUID(), taskQueue, args: [warmUp + activities] }),
    );
  } finally {
    await client.connection.close();
    await connection.close();
  }
  const measured = startedAt.slice(warmUp);
  const turns = measured.slice(ofOneTurn).map((at, index) => at - measured[index]);
  return [distribution('temporal_floor_of_turn', 'ms', turns)];
}
