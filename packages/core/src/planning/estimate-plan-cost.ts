import { costOf, type MicroUsd, type ModelPrice, type Plan, type Usage } from '@fermata/contracts';

/** What one agent run is reckoned to take, on average over its calls. */
export interface RunAssumption {
  modelCalls: number;
  /** Tokens of the prompt that are new in a call: tool output since the last one. */
  newInputTokensPerCall: number;
  /** Tokens of the prompt that the cache serves: the conversation so far. */
  cachedInputTokensPerCall: number;
  outputTokensPerCall: number;
}

export interface PlanCostAssumptions {
  work: RunAssumption;
  review: RunAssumption;
  repair: RunAssumption;
  reviewsPerTask: number;
  repairsPerTask: number;
}

/** Our own guesses, not measurements: a medium task of an agent that reads, edits and runs tests. */
export const planCostAssumptions: PlanCostAssumptions = {
  work: { modelCalls: 25, newInputTokensPerCall: 1_500, cachedInputTokensPerCall: 20_000, outputTokensPerCall: 600 },
  review: { modelCalls: 6, newInputTokensPerCall: 2_500, cachedInputTokensPerCall: 10_000, outputTokensPerCall: 500 },
  repair: { modelCalls: 10, newInputTokensPerCall: 1_500, cachedInputTokensPerCall: 25_000, outputTokensPerCall: 500 },
  reviewsPerTask: 1.3,
  repairsPerTask: 0.7,
};

export interface PlanCostEstimate {
  /** For all tasks together; planning and measuring come on top. */
  totalMicros: MicroUsd;
  perTaskMicros: MicroUsd;
  tasks: number;
  assumptions: PlanCostAssumptions;
}

/** A rough guess from the number of tasks alone, with what it rests on: to choose a budget by, not to promise. */
export function estimatePlanCost(
  plan: Pick<Plan, 'tasks'>,
  price: ModelPrice,
  assumptions: PlanCostAssumptions = planCostAssumptions,
): PlanCostEstimate {
  const { work, review, repair, reviewsPerTask, repairsPerTask } = assumptions;
  const perTaskMicros = Math.ceil(
    runCost(work, price) + reviewsPerTask * runCost(review, price) + repairsPerTask * runCost(repair, price),
  );
  const tasks = plan.tasks.length;
  return { totalMicros: perTaskMicros * tasks, perTaskMicros, tasks, assumptions };
}

/** What is new in one call is written to the cache, so that the next call finds it there. */
function runCost(run: RunAssumption, price: ModelPrice): MicroUsd {
  const usage: Usage = {
    inputTokens: 0,
    outputTokens: run.modelCalls * run.outputTokensPerCall,
    cacheReadTokens: run.modelCalls * run.cachedInputTokensPerCall,
    cacheWriteTokens: run.modelCalls * run.newInputTokensPerCall,
  };
  return costOf(usage, price);
}
