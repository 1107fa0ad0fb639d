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
import { atWork, type BudgetRefusal, type PaidStart, type StepStart } from '@fermata/database';
import type { ActivityDeps, CallableModel } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { type AgentRunRow, answerOf, nextRequest, plannedCalls } from './conversation.js';

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
  const [run, steps] = await Promise.all([workspace.agentRuns.get(agentRunId), workspace.steps.ofRun(agentRunId)]);
  const earlier = steps.find((one) => one.index === index);
  if (earlier?.state === 'succeeded')
    return { outcome: 'answered', calls: plannedCalls(run, await answerOf(workspace, earlier)) };

  const model = deps.modelNamed(run.model);
  const step: StepStart = {
    agentRunId,
    okrRunId: run.okrRunId,
    taskId: run.taskId,
    index,
    kind: 'model',
    name: run.model,
  };
  const call: Call = { workspace, run, model, step, request: await nextRequest(workspace, { run, steps }, model) };
  const started = await start(call);
  if (!started.held) return overBudget(call, started);
  const answer = await ask(call);
  await keep(call, started.id, answer);
  return { outcome: 'answered', calls: plannedCalls(run, answer) };
}

function reservationKey({ agentRunId, index }: StepStart): string {
  return `${agentRunId}:${index}`;
}

function start({ workspace, run, model, step, request }: Call): Promise<PaidStart> {
  const micros = worstCaseCost(request, model.facts);
  return workspace.steps.startPaid(step, { subjectIds: [run.okrRunId], key: reservationKey(step), micros });
}

function overBudget({ request, model }: Call, refusal: BudgetRefusal): ModelTurn {
  const { budgetId, limitMicros, spentMicros, heldMicros } = refusal;
  const left = limitMicros - spentMicros - heldMicros;
  const micros = worstCaseCost(request, model.facts);
  const detail = `The next call may cost ${micros} micro-USD; the budget has ${left} of ${limitMicros} left. Raise it to go on.`;
  return { outcome: 'over_budget', budgetId, detail };
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
  const cost = { model: answer.model, usage: answer.usage, costMicros, reservationKey: reservationKey(step) };
  const output = { text: JSON.stringify(answer), mediaType: 'application/json' } as const;
  await workspace.steps.end({ ...step, id }, { state: 'succeeded', output, cost });
  if (answer.stopReason === 'refusal') {
    throw new DomainError('provider_rejected', `The model refused to go on with agent run ${run.id}.`, {
      agentRunId: run.id,
    });
  }
}
