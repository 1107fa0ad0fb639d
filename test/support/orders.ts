import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { ask, type AskOptions, type RunningApi, startApi, tokenOf } from './api.js';
import { makeHost } from './host.js';
import { type MadeOkrRun, makeOkrRun } from './okr-run.js';
import { useDatabase } from './postgres.js';
import { useTemporal } from './temporal.js';

interface OrderOptions extends AskOptions {
  /** What is read of the payload. */
  payload?: string;
}

const runFields = 'okrRun { id state pausedFrom cancelRequestedAt waitingOn { kind detail } }';

/**
 * The API on a real database and a real Temporal server without workers: whatever it starts and signals stays to be
 * seen. Each test has a workspace of its own, with one run, and an admin's token.
 */
export function useOrders() {
  const held = useDatabase();
  const stack = useTemporal(held);
  const given = { held } as { held: typeof held; api: RunningApi; temporal: Client; made: MadeOkrRun; token: string };
  beforeAll(async () => {
    const connection = await Connection.connect({ address: stack.temporalAddress });
    given.temporal = new Client({ connection, namespace: stack.temporalNamespace });
    given.api = await startApi({ databaseUrl: held.url, temporalAddress: stack.temporalAddress });
  });
  afterAll(async () => {
    await given.api.stop();
    await given.temporal.connection.close();
  });
  beforeEach(async () => {
    given.made = await makeOkrRun(held.database);
    await makeHost(held.database);
    given.token = await tokenOf(held.database, given.made, 'admin');
  });
  const id = () => ({ id: given.made.okrRunId });

  return {
    given,

    order: (name: string, input: Record<string, unknown>, { payload = runFields, token }: OrderOptions = {}) => {
      const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`.replace(/^(Pause|Resume)Run/, 'OkrRunOrder');
      const query = `mutation ($input: ${type}) { ${name}(input: $input) { ${payload} } }`;
      return ask(given.api, query, { token: token ?? given.token, variables: { input } });
    },

    runRow: () => held.database.okrRun.findUniqueOrThrow({ where: id() }),
    setRun: (data: Record<string, unknown>) => held.database.okrRun.update({ where: id(), data }),
    setTask: (data: Record<string, unknown>) => held.database.task.update({ where: { id: given.made.taskId }, data }),

    auditOf: async (subjectId: string) => {
      const entries = await held.database.auditEntry.findMany({ where: { subjectId }, orderBy: { sequence: 'asc' } });
      return entries.map(({ action }) => action);
    },

    /** The workflow of the run, as if the goal had been submitted; nothing works on it, so signals stay in its history. */
    startRunWorkflow: async () => {
      const { temporal, made } = given;
      await temporal.workflow.start('okrRun', { workflowId: made.okrRunId, taskQueue: 'nobody', args: [] });
    },

    signalsOf: async (workflowId: string): Promise<string[]> => {
      const { events } = await given.temporal.workflow.getHandle(workflowId).fetchHistory();
      return (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
    },
  };
}
