import {
  type AgentRunId,
  costOf,
  DomainError,
  isDomainError,
  type ModelAnswer,
  type ModelRequest,
  type ModelTurn,
  type Waiting,
  WaitKind,
} from '@fermata/contracts';
import { worstCaseCost } from '@fermata/core/models';
import { atWork, settleReservation, type StepStart, type Transaction } from '@fermata/database';
import type { ActivityDeps, CallableModel } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { type AgentRunRow, answerAt, nextRequest, plannedCalls } from './conversation.js';

interface Call {
  workspace: Workspace;
  run: AgentRunRow;
  model: CallableModel;
  step: StepStart;
  request: ModelRequest;
}

/**
 * One model call. The order is what makes it safe: money is reserved, the step is recorded, the model is asked, and its
 * answer is durable, with its cost, before anything acts on it.
 */
export async function callModel(
  deps: ActivityDeps,
  { agentRunId, index }: { agentRunId: AgentRunId; index: number },
): Promise<ModelTurn> {
  const workspace = await openWorkspace(deps, 'agentRun', agentRunId);
  const run = await workspace.agentRuns.get(agentRunId);
  const earlier = await workspace.steps.find(agentRunId, index);
  if (earlier?.state === 'succeeded')
    return { outcome: 'answered', calls: plannedCalls(run, await answerAt(workspace, agentRunId, index)) };

  const model = deps.modelNamed(run.model);
  const step: StepStart = {
    agentRunId,
    okrRunId: run.okrRunId,
    taskId: run.taskId,
    index,
    kind: 'model',
    name: run.model,
  };
  const call: Call = { workspace, run, model, step, request: await nextRequest(workspace, run, model) };
  const refused = await reserve(call);
  if (refused) return refused;
  const { id } = await workspace.steps.start(step);
  const answer = await ask(call);
  await keep(call, id, answer);
  return { outcome: 'answered', calls: plannedCalls(run, answer) };
}

function reservationKey({ agentRunId, index }: StepStart): string {
  return `${agentRunId}:${index}`;
}

async function reserve({ workspace, run, model, step, request }: Call): Promise<ModelTurn | null> {
  const micros = worstCaseCost(request, model.facts);
  const reserved = await workspace.budgets.reserve({ subjectIds: [run.okrRunId], key: reservationKey(step), micros });
  if (reserved.held) return null;
  const detail = `The next call may cost ${micros} micro-USD; the budget has ${reserved.limitMicros - reserved.spentMicros - reserved.heldMicros} of ${reserved.limitMicros} left. Raise it to go on.`;
  return { outcome: 'over_budget', budgetId: reserved.budgetId, detail };
}

async function ask({ workspace, run, model, step, request }: Call): Promise<ModelAnswer> {
  if (run.state === 'waiting') await say(workspace, run, atWork('The agent is at work.'));
  try {
    return await model.client.call(request, activityScope());
  } catch (error) {
    await workspace.budgets.release({ key: reservationKey(step) });
    const waiting = waitingAfter(error);
    if (waiting) await say(workspace, run, waiting);
    throw error;
  }
}

async function say(workspace: Workspace, { id }: AgentRunRow, waiting: Waiting): Promise<void> {
  await workspace.waiting.record({ subject: { type: 'agent_run', id: id as AgentRunId }, waiting });
}

/** What the run waits for when a call is going to be tried again. */
function waitingAfter(error: unknown): Waiting | null {
  if (!isDomainError(error) || !error.retryable) return null;
  const when =
    error.retryAfterMs === undefined ? 'again and again' : `again in ${Math.ceil(error.retryAfterMs / 1000)} s`;
  return { kind: WaitKind.rateLimit, detail: `${error.message} Tried ${when}.`, releasableBy: ['provider'] };
}

async function keep({ workspace, run, model, step }: Call, id: string, answer: ModelAnswer): Promise<void> {
  const costMicros = costOf(answer.usage, model.facts.price);
  const outputDigest = await workspace.blobs.put(JSON.stringify(answer), 'application/json');
  const cost = { model: answer.model, usage: answer.usage, costMicros };
  const { workspaceId } = workspace;
  const settlement = { workspaceId, key: reservationKey(step), micros: costMicros };
  const settle = (tx: Transaction) => settleReservation(tx, settlement);
  await workspace.steps.end({ ...step, id }, { state: 'succeeded', outputDigest, cost }, settle);
  if (answer.stopReason === 'refusal') {
    throw new DomainError('provider_rejected', `The model refused to go on with agent run ${run.id}.`, {
      agentRunId: run.id,
    });
  }
}
