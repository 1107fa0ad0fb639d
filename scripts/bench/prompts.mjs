import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { createAgentRunRepository, repositoriesFor } from '@fermata/database';
import { memoryOf } from './memory.mjs';
import { plannerAtWork } from './planner-at-work.mjs';
import { processorTime, usedBetween } from './processor-time.mjs';
import { promptBrief } from './script.mjs';
import { bounded, distribution, reading } from './statistics.mjs';
import { secondsOfFloor } from './temporal-floor.mjs';

/** The queue every worker serves. */
const taskQueue = 'fermata';
/** A worker is started once and works for days, and one that has just been started compiles what it runs. */
const warmUpRuns = 300;

/** What is measured, and was promised. `slots`: calls of a model that the worker makes at once, if fewer than there are runs. */
export const promptLoads = {
  prompts_300: { prompts: 300, thinkMs: 0, target: { perSecond: 50 } },
  prompts_100_of_1s: { prompts: 100, thinkMs: 1_000, target: { seconds: 4 } },
  prompts_100_of_1s_on_20: { prompts: 100, slots: 20, thinkMs: 1_000, target: { seconds: 5.5 } },
};

/**
 * Agent runs of one answer each, all started at once: from the start of the first workflow to the end of the last. Their rows are
 * queued before, as a task queues its own. No worktree, gate or review is in it: what a run takes beside the model is its
 * workflow, its rows and its money. What Temporal takes for as many empty ones is measured right before, on the same server.
 * @param {{ fermata: any, model: any, repositoryId: string, giveUpAt: number }} bench
 * @param {{ name: string, prompts: number, slots?: number, thinkMs: number, target: { perSecond?: number, seconds?: number } }} load
 */
export async function measurePrompts(bench, { name, target, ...load }) {
  const { prompts, thinkMs } = load;
  const floor = await secondsOfFloor(bench.fermata, { ...load, warmUpRuns });
  const { temporalAddress: address, temporalNamespace: namespace } = bench.fermata.stack;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace, identity: `bench@${hostname()}` });
  const planner = await plannerAtWork(bench);
  try {
    await execute(client, await queueRuns(planner, { prompts: warmUpRuns, thinkMs: 0 }));
    const inputs = await queueRuns(planner, { prompts, thinkMs });
    const before = await processorTime(bench.fermata);
    const startedAt = performance.now();
    const took = await execute(client, inputs);
    const seconds = (performance.now() - startedAt) / 1_000;
    const used = usedBetween(before, await processorTime(bench.fermata));
    return [
      bounded(`${name}_whole`, 's', seconds, { atMost: target.seconds }),
      bounded(`${name}_per_second`, 'prompts/s', prompts / seconds, { atLeast: target.perSecond }),
      distribution(`${name}_each`, 's', took),
      reading(`${name}_temporal_floor_whole`, 's', floor),
      reading(`${name}_temporal_floor_per_second`, 'prompts/s', prompts / floor),
      reading(`${name}_over_floor`, 'times', seconds / floor),
      ...Object.entries(used).map(([part, ms]) => reading(`${name}_processor_${part}_each`, 'ms', ms / prompts)),
      ...(await memoryOf(bench.fermata, `after_${name}`)),
    ];
  } finally {
    await planner.end();
    await connection.close();
  }
}

/** How many seconds each took. */
function execute(client, inputs) {
  return Promise.all(
    inputs.map(async (input) => {
      const beganAt = performance.now();
      const options = { workflowId: input.agentRunId, taskQueue, args: [input] };
      const { state } = await client.workflow.execute('agentRun', options);
      if (state !== 'succeeded') throw new Error(`agent run ${input.agentRunId} ended ${state}`);
      return (performance.now() - beganAt) / 1_000;
    }),
  );
}

async function queueRuns({ database, run }, { prompts, thinkMs }) {
  const { workspaceId, okrRunId, agentId, model, host, systemDigest } = run;
  const { blobs } = repositoriesFor(database, workspaceId);
  const briefDigest = await blobs.put(promptBrief(thinkMs), 'text/plain');
  const runs = createAgentRunRepository(database, workspaceId);
  const inputs = [];
  for (let count = 0; count < prompts; count += 1) {
    const { id } = await runs.queue({
      ...{ key: randomUUID(), okrRunId, agentId, kind: 'review', round: 0, attempt: 1, runtime: 'api', model },
      ...{ host, worktreeId: run.worktreeId, systemDigest, briefDigest },
      ...{ maxSteps: run.maxSteps, maxWorkMs: run.maxWorkMs, maxOutputTokens: run.maxOutputTokens },
    });
    inputs.push({ agentRunId: id, okrRunId, workspaceId });
  }
  return inputs;
}
