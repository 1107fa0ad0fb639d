import type { Reader, StepRequest } from '@fermata/database/reading';
import { type BatchLoader, createBatchLoader } from './batch-loader.js';

export type Loaders = ReturnType<typeof createLoaders>;

/** The batched look-ups of one request. */
export function createLoaders(read: Reader) {
  return {
    hosts: createHostLoader(read),
    okrRun: createBatchLoader((keys) => read.okrRuns.byId(keys)),
    objective: createBatchLoader((keys) => read.okrRuns.objectives(keys)),
    keyResultsOfRun: createBatchLoader((keys) => read.okrRuns.keyResultsOf(keys)),
    measurementsOfKeyResult: createBatchLoader((keys) => read.okrRuns.measurementsOf(keys)),
    task: createBatchLoader((keys) => read.tasks.byId(keys)),
    tasksOfRun: createBatchLoader((keys) => read.tasks.ofRuns(keys)),
    dependencyIdsOfTask: createBatchLoader((keys) => read.tasks.dependencyIds(keys)),
    gateResultsOfTask: createBatchLoader((keys) => read.tasks.gateResultsOf(keys)),
    reviewsOfTask: createBatchLoader((keys) => read.tasks.reviewsOf(keys)),
    agentRun: createBatchLoader((keys) => read.agentRuns.byId(keys)),
    agentRunsOfTask: createBatchLoader((keys) => read.agentRuns.ofTasks(keys)),
    subtasksOfAgentRun: createBatchLoader((keys) => read.agentRuns.subtasksOf(keys)),
    ownAgentRunsOfRun: createBatchLoader((keys) => read.agentRuns.ownOfRuns(keys)),
    stepsOfAgentRun: stepLoaders(read),
    approval: createBatchLoader((keys) => read.approvals.byId(keys)),
    planApprovalOfRun: createBatchLoader((keys) => read.approvals.newestPlanApprovals(keys)),
    changeRequest: createBatchLoader((keys) => read.changeRequests.byId(keys)),
    changeRequestsOfTask: createBatchLoader((keys) => read.changeRequests.ofTasks(keys)),
    changeRequestsOfRun: createBatchLoader((keys) => read.changeRequests.ofRuns(keys)),
    repository: createBatchLoader((keys) => read.catalog.repositories(keys)),
    gatesOfRepository: createBatchLoader((keys) => read.catalog.gatesOf(keys)),
    agent: createBatchLoader((keys) => read.catalog.agents(keys)),
    budget: createBatchLoader((keys) => read.money.budgets(keys)),
    budgetOf: createBatchLoader((keys) => read.money.budgetsOf(keys)),
    limitsOfBudget: createBatchLoader((keys) => read.money.limitsOf(keys)),
    spentEstimated: createBatchLoader((keys) => read.money.spentEstimated(keys)),
    costSourceOfRun: createBatchLoader((keys) => read.money.costSourcesOfRuns(keys)),
    spentByRun: createBatchLoader((keys) => read.money.spentByRuns(keys)),
    spentByTask: createBatchLoader((keys) => read.money.spentByTasks(keys)),
    spentByAgentRun: createBatchLoader((keys) => read.money.spentByAgentRuns(keys)),
    blob: createBatchLoader((keys) => read.blobs.byDigest(keys)),
    text: createBatchLoader((keys) => read.blobs.texts(keys)),
  };
}

/** All hosts, once for each request. */
function createHostLoader(read: Reader) {
  let hosts: ReturnType<Reader['hosts']['hosts']> | undefined;
  return () => (hosts ??= read.hosts.hosts());
}

/** Equal pages of many runs are one batch; different pages are different batches. */
function stepLoaders(read: Reader) {
  type Steps = Awaited<ReturnType<Reader['agentRuns']['stepsOf']>> extends Map<string, infer Value> ? Value : never;
  const loaders = new Map<string, BatchLoader<Steps>>();
  return (agentRunId: string, request: StepRequest) => {
    const page = `${request.first}:${request.after}`;
    const loader = loaders.get(page) ?? createBatchLoader((ids) => read.agentRuns.stepsOf(ids, request));
    loaders.set(page, loader);
    return loader(agentRunId);
  };
}
