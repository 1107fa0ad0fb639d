import { CostSource, noUsage } from '@fermata/contracts';
import type { AgentRunRow, AgentStepRow, OkrRunRow, Spending, TaskRow } from '@fermata/database/reading';
import type { Cost, Usage } from './cost.model.js';
import type { Loaders } from './loaders.js';

const nothing: Spending = { micros: 0, estimated: false, ...noUsage };

export async function costOfRun(run: OkrRunRow, load: Loaders): Promise<Cost> {
  return { ...((await load.spentByRun(run.id)) ?? nothing), estimatedMicros: run.estimatedMicros };
}

/** What is known of the cost of a run. */
export async function costSourceOfRun(run: OkrRunRow, load: Loaders): Promise<CostSource> {
  return (await load.costSourceOfRun(run.id)) ?? CostSource.metered;
}

export async function costOfTask(task: TaskRow, load: Loaders): Promise<Cost> {
  return (await load.spentByTask(task.id)) ?? nothing;
}

export function usageOfAgentRun({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: AgentRunRow): Usage {
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
}

export async function costOfAgentRun(run: AgentRunRow, load: Loaders): Promise<Cost> {
  return (await load.spentByAgentRun(run.id)) ?? nothing;
}

/** Null for steps that are no model calls. */
export function usageOfStep({ usage, costMicros }: AgentStepRow): Usage | null {
  return costMicros === null ? null : { ...noUsage, ...(usage as Partial<Usage> | null) };
}

/** Of the call that brought the answer; null for steps that are no model calls. */
export function costOfStep(step: AgentStepRow): Cost | null {
  const usage = usageOfStep(step);
  if (usage === null || step.costMicros === null) return null;
  const { estimated = false } = (step.usage ?? {}) as { estimated?: boolean };
  return { ...usage, micros: step.costMicros, estimated };
}
