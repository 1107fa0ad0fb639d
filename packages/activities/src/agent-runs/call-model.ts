import {
  type AgentRunId,
  budgetSubjectIds,
  costOf,
  DomainError,
  isDomainError,
  type ModelAnswer,
  type ModelRequest,
  type ModelTurn,
  overBudget,
  type Usage,
  type Waiting,
  WaitKind,
} from '@fermata/contracts';
import { worstCaseCost } from '@fermata/contracts/models';
import { likelyInputTokens, likelyTokens, worstCaseInputTokens } from '@fermata/core/models';
import { atWork, type PaidStart, type StepStart } from '@fermata/database';
import { log } from '@temporalio/activity';
import type { ActivityDeps, CallableModel } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { type AgentRunRow, answerOf, lastUsageOf, nextRequest, plannedCalls } from './conversation.js';
import { hasEnded, refuseEnded } from './ended-run.js';
import { watchSilentModel } from './silent-model.js';

interface Call {
  /** Of `WorkLimits`. */
  modelSilentAfterMs: number;
  workspace: Workspace;
  run: AgentRunRow;
  model: CallableModel;
  step: StepStart;
  request: ModelRequest;
  /** Of the answer before this one. */
  lastUsage: Usage | null;
}

/** The step as this attempt has begun it. */
type Begun = Extract<PaidStart, { held: true }>;

/**
 * One model call. The order is what makes it safe: money is reserved, the step is recorded, the model is asked, and its
 * answer is durable, with its cost, before anything acts on it.
 */
export async function callModel(
  deps: ActivityDeps,
  { agentRunId, index }: { agentRunId: AgentRunId; index: number },
): Promise<ModelTurn> {
  const workspace = await openWorkspace(deps, 'agentRun', agentRunId);
  const [run, steps] = await Promise.all([workspace.agentRuns.atTurn(agentRunId), workspace.steps.ofRun(agentRunId)]);
  const earlier = steps.find((one) => one.index === index);
  if (earlier?.state === 'succeeded') return turnOf({ workspace, run }, await answerOf(workspace, earlier));
  refuseEnded(run);

  const model = deps.modelNamed(run.model);
  const step: StepStart = {
    agentRunId,
    okrRunId: run.okrRunId,
    taskId: run.taskId,
    index,
    kind: 'model',
    name: run.model,
  };
  const request = await nextRequest(workspace, { run, steps }, model);
  const lastUsage = lastUsageOf(steps);
  const { modelSilentAfterMs } = deps.limits;
  const call: Call = { modelSilentAfterMs, workspace, run, model, step, request, lastUsage };
  const inputTokens = worstCaseInputTokens(request, lastUsage);
  const micros = worstCaseCost(inputTokens, request.maxOutputTokens, model.facts.price);
  const begun = await workspace.steps.startPaid(step, {
    subjectIds: budgetSubjectIds({ workspaceId: workspace.workspaceId, ...run }),
    key: reservationKey(step),
    micros,
  });
  if (!begun.held) return { outcome: 'over_budget', ...overBudget(begun, micros) };
  if (begun.lost) await bookBroken(call, { ...begun, attempt: begun.attempt - 1 }, '');
  return turnOf(call, await keep(call, begun, await ask(call, begun)));
}

/** @throws DomainError `provider_rejected` for an answer that declines, whoever looks at it */
async function turnOf({ workspace, run }: Pick<Call, 'workspace' | 'run'>, answer: ModelAnswer): Promise<ModelTurn> {
  if (answer.stopReason !== 'refusal')
    return { outcome: 'answered', calls: await plannedCalls(workspace, run, answer) };
  throw new DomainError('provider_rejected', `The model refused to go on with agent run ${run.id}.`, {
    agentRunId: run.id,
  });
}

function reservationKey({ agentRunId, index }: StepStart): string {
  return `${agentRunId}:${index}`;
}

async function ask(call: Call, begun: Begun): Promise<ModelAnswer> {
  const { workspace, run, model, step, request, modelSilentAfterMs } = call;
  if (run.state === 'waiting') await say(workspace, run, atWork('The agent is at work.'));
  const { signal, onProgress } = activityScope();
  signal.throwIfAborted();
  let received = '';
  const listen = ({ text }: { text: string }): void => {
    received += text;
    onProgress();
  };
  const silent = watchSilentModel((waiting) => sayIfPossible(workspace, run, waiting), modelSilentAfterMs);
  try {
    return await model.client.call(request, { signal, onProgress: listen, onSign: silent.heard });
  } catch (error) {
    await silent.end();
    if (received !== '' || signal.aborted || isProbablyBilled(error)) await bookBroken(call, begun, received);
    await workspace.budgets.release({ key: reservationKey(step) });
    const waiting = waitingAfter(error);
    if (waiting) await say(workspace, run, waiting);
    throw error;
  } finally {
    await silent.end();
  }
}

/** The provider had taken the request: an answer that broke off, or silence without any refusal. */
function isProbablyBilled(error: unknown): boolean {
  if (!isDomainError(error)) return false;
  const { code, details } = error;
  if (code === 'provider_stream_broken') return true;
  return code === 'provider_unavailable' && !('status' in details) && !('connection' in details);
}

/**
 * Providers bill what they have read and written, also when it did not arrive or was lost with the process that waited
 * for it. How much that was only they know.
 */
async function bookBroken(call: Call, begun: Begun, received: string): Promise<void> {
  const { workspace, model, request, lastUsage } = call;
  const usage = {
    ...{ inputTokens: likelyInputTokens(request, lastUsage), outputTokens: likelyTokens(received) },
    ...{ cacheReadTokens: 0, cacheWriteTokens: 0, estimated: true },
  };
  const cost = { model: model.name, usage, costMicros: costOf(usage, model.facts.price) };
  await workspace.steps.addCost(begun, cost, paidBy(call, begun));
}

/** Beside the reservation of the call, which stays for the next attempt. */
function paidBy({ workspace, run, step }: Call, { attempt }: Begun): { key: string; subjectIds: string[] } {
  const subjectIds = budgetSubjectIds({ workspaceId: workspace.workspaceId, ...run });
  return { key: `${reservationKey(step)}:${attempt}`, subjectIds };
}

async function say(workspace: Workspace, { id }: AgentRunRow, waiting: Waiting): Promise<void> {
  await workspace.waiting.record({ subject: { type: 'agent_run', id: id as AgentRunId }, waiting });
}

/** The call goes on, whether or not it can be said that it is slow. */
async function sayIfPossible(workspace: Workspace, run: AgentRunRow, waiting: Waiting): Promise<void> {
  try {
    await say(workspace, run, waiting);
  } catch (error) {
    log.warn('it cannot be said what a model call waits for', { agentRunId: run.id, error: String(error) });
  }
}

/** What the run waits for when a call is going to be tried again. */
function waitingAfter(error: unknown): Waiting | null {
  if (!isDomainError(error) || !error.retryable) return null;
  const when =
    error.retryAfterMs === undefined ? 'again and again' : `again in ${Math.ceil(error.retryAfterMs / 1000)} s`;
  return { kind: WaitKind.rateLimit, detail: `${error.message} Tried ${when}.`, releasableBy: ['provider'] };
}

/** Makes the answer durable and gives it back; when another attempt was quicker, what that one has recorded. */
async function keep(call: Call, begun: Begun, answer: ModelAnswer): Promise<ModelAnswer> {
  const { workspace, run, model, step } = call;
  const costMicros = costOf(answer.usage, model.facts.price);
  const cost = { model: answer.model, usage: answer.usage, costMicros };
  const ended = { ...step, id: begun.id };
  const output = { text: JSON.stringify(answer), mediaType: 'application/json' } as const;
  const settled = { ...cost, reservationKey: reservationKey(step) };
  if (await workspace.steps.end(ended, { state: 'succeeded', output, cost: settled })) return answer;
  await workspace.steps.addCost(begun, cost, paidBy(call, begun));
  const recorded = await workspace.steps.find(step.agentRunId, step.index);
  if (recorded?.state !== 'succeeded') throw hasEnded(await workspace.agentRuns.get(run.id));
  return answerOf(workspace, recorded);
}
