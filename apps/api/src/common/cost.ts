import { noUsage } from '@fermata/contracts';
import type { AgentRunRow, AgentStepRow, OkrRunRow, Spending, TaskRow } from '@fermata/database/reading';
import type { Cost, Usage } from './cost.model.js';
import type { Loaders } from './loaders.js';

const nothing: Spending = { micros: 0, ...noUsage };

export async function costOfRun(run: OkrRunRow, load: Loaders): Promise<Cost> {
  return { ...((await load.spentByRun(run.id)) ?? nothing), estimatedMicros: run.estimatedMicros };
}

export async function costOfTask(task: TaskRow, load: Loaders): Promise<Cost> {
  return (await load.spentByTask(task.id)) ?? nothing;
}

export function usageOfAgentRun({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: AgentRunRow): Usage {
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
}

export function costOfAgentRun(run: AgentRunRow): Cost {
  return { ...usageOfAgentRun(run), micros: run.costMicros };
}

/** Null for steps that are no model calls. */
export function costOfStep({ usage, costMicros }: AgentStepRow): Cost | null {
  return costMicros === null ? null : { ...noUsage, ...(usage as Partial<Usage> | null), micros: costMicros };
}
