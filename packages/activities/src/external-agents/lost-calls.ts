import { costOf } from '@fermata/contracts';
import { knownModel } from '@fermata/core/models';
import { createGatewayCallRepository } from '@fermata/database';
import type { Segment } from './segment.js';

/**
 * Books the model calls that an earlier process of the run made through the gateway, and whose end died with it: providers
 * bill what they have read. How much that was only they know.
 */
export async function bookLostCalls({ deps, workspace: { workspaceId }, run }: Segment): Promise<void> {
  const calls = createGatewayCallRepository(deps.database);
  const bearer = { workspaceId, agentRunId: run.id, okrRunId: run.okrRunId, taskId: run.taskId };
  for (const { callId, stepId, model, likely } of await calls.open(bearer)) {
    const costMicros = costOf(likely, knownModel(model, deps.catalogue).price);
    await calls.end(bearer, {
      ...{ callId, stepId, name: model, state: 'failed', cost: { model, usage: likely, costMicros } },
      failure: { code: 'provider_stream_broken', message: 'The process that made the call ended before its answer.' },
    });
  }
}
