import { randomUUID } from 'node:crypto';
import type { SweepActivities } from '@fermata/contracts';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Runtime, DefaultLogger, Worker } from '@temporalio/worker';
import { expect, inject, it } from 'vitest';

it('makes every repair although one of them fails, and says that it failed', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const [address, namespace, taskQueue] = [inject('temporalAddress'), inject('temporalNamespace'), randomUUID()];
  const [native, connection] = [await NativeConnection.connect({ address }), await Connection.connect({ address })];
  const made: string[] = [];
  const activities: SweepActivities = {
    startMissingWorkflows: () => Promise.reject(ApplicationFailure.nonRetryable('No.', 'unavailable')),
    repeatNudges: async () => made.push('nudges'),
    dropAbandonedTurns: async () => made.push('turns'),
    releaseOrphanedWorktrees: async () => made.push('worktrees'),
  };
  const workflowBundle = { codePath: inject('workflowBundlePath') };
  const worker = await Worker.create({ connection: native, namespace, taskQueue, workflowBundle, activities });
  const { workflow } = new Client({ connection, namespace });
  const sweep = { workflowId: `sweep-${taskQueue}`, taskQueue, args: [{ hostQueue: taskQueue }] };
  const failure: unknown = await worker.runUntil(workflow.execute('sweep', sweep).catch((error: unknown) => error));
  expect(failure).toMatchObject({ cause: { cause: { type: 'unavailable' } } });
  expect(made).toEqual(['nudges', 'turns', 'worktrees']);
  await Promise.all([native.close(), connection.close()]);
});
