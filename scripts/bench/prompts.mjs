import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { createAgentRunRepository, repositoriesFor } from '@fermata/database';
import { memoryOf } from './memory.mjs';
import { plannerAtWork } from './planner-at-work.mjs';
import { processorTime, usedBetween } from './processor-time.mjs';
import { promptBrief } from './script.mjs';
import { bounded, distribution, reading } from './statistics.mjs';

/** The queue every worker serves. */
const taskQueue = 'fermata';
/** As for the floor: a worker that has just been started compiles what it runs. */
const warmUp = 300;

/**
 * Agent runs of one answer each, all started at once: from the start of the first workflow to the end of the last. Their rows are
 * queued before, as a task queues its own. No worktree, gate or review is in it: what a run takes beside the model is its
 * workflow, its rows and its money.
 * @param {{ fermata: any, model: any, repositoryId: string, giveUpAt: number }} bench
 * @param {{ prompts: number, slots?: number, thinkMs: number, target: { perSecond?: number, seconds?: number } }} load
 *   `slots`: how many calls of a model the worker makes at once, if fewer than there are runs; the others wait for one
 */
export async function measurePrompts(bench, { prompts, slots = prompts, thinkMs, target }) {
  const { temporalAddress: address, temporalNamespace: namespace } = bench.fermata.stack;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace, identity: `bench@${hostname()}` });
  const planner = await plannerAtWork(bench);
  try {
    await execute(client, await queueRuns(planner, { prompts: warmUp, thinkMs: 0 }));
    const inputs = await queueRuns(planner, { prompts, thinkMs });
    const before = await processorTime(bench.fermata);
    const startedAt = performance.now();
    const took = await execute(client, inputs);
    const seconds = (performance.now() - startedAt) / 1_000;
    const used = usedBetween(before, await processorTime(bench.fermata));
    const name = `prompts_${prompts}${slots < prompts ? `_on_${slots}` : ''}_thinking_${thinkMs}ms`;
    return [
      bounded(`${name}_whole`, 's', seconds, { atMost: target.seconds }),
      bounded(`${name}_per_second`, 'prompts/s', prompts / seconds, { atLeast: target.perSecond }),
      distribution(`${name}_each`, 's', took),
      ...Object.entries(used).map(([part, ms]) =>
        reading(`processor_${part}_per_prompt_of_${name}`, 'ms', ms / prompts),
      ),
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
