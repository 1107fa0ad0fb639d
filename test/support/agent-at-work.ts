import type { AgentRunId, CallRef } from '@fermata/contracts';
import type { Database } from '@fermata/database';
import type { ScriptedToolCall } from '@fermata/scripted-model';
import {
  type ActivityWorld,
  callsAt,
  createActivityWorld,
  planApproved,
  planOf,
  taskBegun,
  type WorldOptions,
} from './activity-world.js';

export interface AgentAtWork {
  world: ActivityWorld;
  agentRunId: AgentRunId;
  taskId: string;
  worktree: string;
  calls: CallRef[];
}

/** An agent at work on a task, whose model has just made these calls. */
export async function agentAtWork(
  database: Database,
  toolCalls: readonly ScriptedToolCall[],
  options: WorldOptions = {},
): Promise<AgentAtWork> {
  const world = await createActivityWorld(database, { script: () => ({ toolCalls }), ...options });
  const { one } = await planApproved(world, planOf(['one']));
  if (one === undefined) throw new Error('The plan has no task.');
  const { agentRunId, worktree } = await taskBegun(world, one);
  return { world, agentRunId, taskId: one, worktree, calls: await callsAt(world, agentRunId, 0) };
}
