import { randomUUID } from 'node:crypto';
import type { AgentRunInput, ChangeRequestInput, OkrRunInput, TaskRunInput } from '@fermata/contracts';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, inject } from 'vitest';
import type { agentRun, changeRequest, okrRun, taskRun } from '../index.js';
import type { ActivityName, AllActivities } from './all-activities.fixture.js';
import { defaultFakes } from './default-fakes.fixture.js';
import { World } from './world.fixture.js';

export interface Starters {
  readonly client: Client;
  readonly taskQueue: string;
  okrRun(world: World): Promise<WorkflowHandle<typeof okrRun>>;
  taskRun(world: World, task: string): Promise<WorkflowHandle<typeof taskRun>>;
  agentRun(world: World, name: string): Promise<WorkflowHandle<typeof agentRun>>;
  changeRequest(world: World, task: string): Promise<WorkflowHandle<typeof changeRequest>>;
}

const worlds = new Map<string, World>();

export function newWorld(): World {
  const world = new World();
  worlds.set(world.key, world);
  return world;
}

/** Every activity finds the world of its test by the key in its input. */
function activitiesOfWorlds(): Record<string, (input: unknown) => Promise<unknown>> {
  const names = Object.keys(defaultFakes(new World())) as (keyof AllActivities)[];
  const inWorld = (name: ActivityName) => (input: unknown) => {
    const key = /_(w[0-9a-f]{10})/.exec(JSON.stringify(input))?.[1] ?? '';
    const world = worlds.get(key);
    if (!world) throw new Error(`${name} of no world: ${JSON.stringify(input)}`);
    return world.call(name, input);
  };
  return Object.fromEntries(names.map((name) => [name, inWorld(name)]));
}

/** One worker for workflows, one for the queue of a host, for all tests of a file. */
export function useWorkers(): Starters {
  const id = randomUUID();
  const queues = { main: `main-${id}`, host: `host-${id}` };
  let client: Client;
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const address = inject('temporalAddress');
    const namespace = inject('temporalNamespace');
    const native = await NativeConnection.connect({ address });
    const connection = await Connection.connect({ address });
    client = new Client({ connection, namespace });
    const shared = {
      connection: native,
      namespace,
      activities: activitiesOfWorlds(),
      maxHeartbeatThrottleInterval: 100,
    };
    const workers = await Promise.all([
      Worker.create({
        ...shared,
        taskQueue: queues.main,
        workflowBundle: { codePath: inject('workflowBundlePath') },
      }),
      Worker.create({ ...shared, taskQueue: queues.host }),
    ]);
    const running = workers.map((worker) => worker.run());
    stop = async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await native.close();
      await connection.close();
    };
  });
  afterAll(() => stop());

  async function start(
    world: World,
    type: string,
    what: { workflowId: string; input: object },
  ): Promise<WorkflowHandle> {
    world.hostQueue = queues.host;
    const { workflowId, input } = what;
    const handle = await client.workflow.start(type, { workflowId, taskQueue: queues.main, args: [input] });
    world.handle = handle;
    return handle;
  }

  return {
    get client() {
      return client;
    },
    taskQueue: queues.main,
    okrRun(world) {
      const { okrRunId, workspaceId } = world;
      const input: OkrRunInput = { okrRunId, workspaceId };
      return start(world, 'okrRun', { workflowId: okrRunId, input });
    },
    taskRun(world, task) {
      const { okrRunId, workspaceId } = world;
      const input: TaskRunInput = { okrRunId, workspaceId, taskId: world.taskId(task), attempt: 1 };
      return start(world, 'taskRun', { workflowId: `${input.taskId}-1`, input });
    },
    agentRun(world, name) {
      const { okrRunId, workspaceId } = world;
      const agentRunId = world.agentRunId(name);
      const taskId = world.taskOf(agentRunId);
      const input: AgentRunInput = { okrRunId, workspaceId, agentRunId, ...(taskId && { taskId }) };
      return start(world, 'agentRun', { workflowId: agentRunId, input });
    },
    async changeRequest(world, task) {
      const { okrRunId, workspaceId, gates } = world;
      const changeRequestId = world.changeRequestId(task);
      const ids = { okrRunId, workspaceId, changeRequestId, taskId: world.taskId(task), attempt: 1 };
      const input: ChangeRequestInput = { ...ids, hostQueue: queues.host, gates, firstRound: 0 };
      const handle = await start(world, 'changeRequest', { workflowId: changeRequestId, input });
      world.landings.handles.set(changeRequestId, handle);
      return handle;
    },
  };
}
