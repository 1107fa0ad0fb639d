import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRunNudger } from '../../../apps/worker/src/run-nudger.js';
import { useDatabase } from '../../support/postgres.js';
import { useTemporal } from '../../support/temporal.js';

const stack = useTemporal(useDatabase());
const run = { id: 'okr_nudged', workspaceId: 'wsp_1', repositoryId: 'repo_1' };
let client: Client;
let nudger: ReturnType<typeof createRunNudger>;

beforeAll(async () => {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  client = new Client({ connection, namespace: stack.temporalNamespace });
  nudger = createRunNudger(client);
});
afterAll(() => client.connection.close());

describe("a run's workflow, as the sweep sees it", () => {
  it('is started once, can be asked to end again and again, and is known for ended once somebody has terminated it', async () => {
    expect(await nudger.startOkrRun(run)).toBe(true);
    expect(await nudger.startOkrRun(run)).toBe(false);
    expect(await nudger.isRunning(run.id)).toBe(true);
    for (let times = 0; times < 2; times += 1) await nudger.cancel(run.id);
    const { events } = await client.workflow.getHandle(run.id).fetchHistory();
    expect(events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes)).toBe(true);
    await client.workflow.getHandle(run.id).terminate('by hand');
    expect(await nudger.startOkrRun(run)).toBe(false);
    expect(await nudger.isRunning(run.id)).toBe(false);
    await nudger.cancel(run.id);
    await nudger.ordersChanged(run.id);
  });

  it('that was never there is not running, and there is nothing to end', async () => {
    expect(await nudger.isRunning('okr_never')).toBe(false);
    await nudger.cancel('okr_never');
  });
});
