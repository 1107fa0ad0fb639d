import {
  costOf,
  isDomainError,
  type ModelAnswer,
  type ModelRequest,
  type ModelUnavailable,
  type OverBudget,
  overBudget,
  type Usage,
} from '@fermata/contracts';
import { worstCaseCost } from '@fermata/contracts/models';
import { likelyInputTokens, likelyTokens, modelFailureOf, worstCaseInputTokens } from '@fermata/core/models';
import {
  atWork,
  createModelHealthRepository,
  type ModelHealthRepository,
  type PaidStart,
  type StepChoice,
  type StepStart,
} from '@fermata/database';
import type { ActivityDeps, CallableModel } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import type { Workspace } from '../workspace.js';
import { subjectsOf } from './call-choice.js';
import { type AgentRunRow, answerOf } from './conversation.js';
import { hasEnded } from './ended-run.js';
import { sayIfPossible, sayOfRun, waitAfter } from './model-waits.js';
import { watchSilentModel } from './silent-model.js';

/** One call of one model, ready to be made. */
export interface ModelCall {
  deps: ActivityDeps;
  workspace: Workspace;
  run: AgentRunRow;
  model: CallableModel;
  step: StepStart;
  request: ModelRequest;
  /** Of the answer before this one, if this model gave it. */
  lastUsage: Usage | null;
  choice: StepChoice | null;
  /** The model that was asked before, if it was another. */
  insteadOf: string | null;
}

export type CallOutcome =
  | { outcome: 'answered'; answer: ModelAnswer }
  | ({ outcome: 'over_budget' } & OverBudget)
  | { outcome: 'unavailable'; unavailable: ModelUnavailable };

/** The step as this attempt has begun it. */
type Begun = Extract<PaidStart, { held: true }>;

/**
 * The order is what makes it safe: money is reserved, the step is recorded, the model is asked, and its answer is durable, with
 * its cost, before anything acts on it. What its provider did is told to the other calls.
 */
export async function makeModelCall(call: ModelCall): Promise<CallOutcome> {
  const { workspace, model, step, request, lastUsage, choice, insteadOf } = call;
  const inputTokens = worstCaseInputTokens(request, lastUsage);
  const micros = worstCaseCost(inputTokens, request.maxOutputTokens, model.facts.price);
  const begun = await workspace.steps.startPaid(
    step,
    { subjectIds: subjectsOf(call.workspace, call.run), key: reservationKey(step), micros },
    { upstream: model.upstream, ...(choice && { choice }), ...(insteadOf !== null && { insteadOf }) },
  );
  if (!begun.held) {
    if ('unavailable' in begun) return { outcome: 'unavailable', unavailable: begun.unavailable };
    return { outcome: 'over_budget', ...overBudget(begun, micros) };
  }
  if (begun.lost) await bookBroken(call, { ...begun, attempt: begun.attempt - 1 }, '');
  const answer = await ask(call, begun);
  if (begun.unwell) await healthOf(call).succeeded(model.upstream);
  return { outcome: 'answered', answer: await keep(call, begun, answer) };
}

function healthOf({ deps, workspace }: ModelCall): ModelHealthRepository {
  return createModelHealthRepository(deps.database, workspace.workspaceId);
}

function reservationKey({ agentRunId, index }: StepStart): string {
  return `${agentRunId}:${index}`;
}

async function ask(call: ModelCall, begun: Begun): Promise<ModelAnswer> {
  const { deps, workspace, run, model, request } = call;
  if (run.state === 'waiting') await sayOfRun(workspace, run, atWork('The agent is at work.'));
  const { signal, onProgress } = activityScope();
  signal.throwIfAborted();
  let received = '';
  const listen = ({ text }: { text: string }): void => {
    received += text;
    onProgress();
  };
  const silent = watchSilentModel((waiting) => sayIfPossible(workspace, run, waiting), deps.limits.modelSilentAfterMs);
  try {
    return await model.client.call(request, { signal, onProgress: listen, onSign: silent.heard });
  } catch (error) {
    await silent.end();
    await settleFailed(call, begun, { error, received, aborted: signal.aborted });
    throw error;
  } finally {
    await silent.end();
  }
}

interface FailedAsking {
  error: unknown;
  received: string;
  aborted: boolean;
}

async function settleFailed(call: ModelCall, begun: Begun, { error, received, aborted }: FailedAsking): Promise<void> {
  const { deps, workspace, run, model, step } = call;
  if (received !== '' || aborted || isProbablyBilled(error)) await bookBroken(call, begun, received);
  await workspace.budgets.release({ key: reservationKey(step) });
  const failure = aborted ? null : modelFailureOf(error);
  if (failure) await healthOf(call).failed(model.upstream, failure, deps.limits.circuit);
  else if (begun.unwell && wasAnswered(error)) await healthOf(call).succeeded(model.upstream);
  const waiting = waitAfter(error);
  if (waiting) await sayOfRun(workspace, run, waiting);
}

/** The provider is there: it said what is wrong with the call. */
function wasAnswered(error: unknown): boolean {
  return isDomainError(error) && typeof error.details['status'] === 'number';
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
async function bookBroken(call: ModelCall, begun: Begun, received: string): Promise<void> {
  const { workspace, model, request, lastUsage } = call;
  const usage = {
    ...{ inputTokens: likelyInputTokens(request, lastUsage), outputTokens: likelyTokens(received) },
    ...{ cacheReadTokens: 0, cacheWriteTokens: 0, estimated: true },
  };
  const cost = { model: model.name, usage, costMicros: costOf(usage, model.facts.price) };
  await workspace.steps.addCost(begun, cost, paidBy(call, begun));
}

/** Beside the reservation of the call, which stays for the next attempt. */
function paidBy(call: ModelCall, { attempt }: Begun): { key: string; subjectIds: readonly string[] } {
  return { key: `${reservationKey(call.step)}:${attempt}`, subjectIds: subjectsOf(call.workspace, call.run) };
}

/** Makes the answer durable and gives it back as it was stored; when another attempt was quicker, what that one has recorded. */
async function keep(call: ModelCall, begun: Begun, answer: ModelAnswer): Promise<ModelAnswer> {
  const { deps, workspace, run, model, step } = call;
  const costMicros = costOf(answer.usage, model.facts.price);
  const cost = { model: answer.model, usage: answer.usage, costMicros };
  const ended = { ...step, id: begun.id };
  const output = { text: JSON.stringify(answer), mediaType: 'application/json' } as const;
  const settled = { ...cost, reservationKey: reservationKey(step) };
  const stored = await workspace.steps.endAnswer(ended, { output, cost: settled }, deps.cipher);
  if (stored !== null) return stored === output.text ? answer : (JSON.parse(stored) as ModelAnswer);
  await workspace.steps.addCost(begun, cost, paidBy(call, begun));
  const recorded = await workspace.steps.find(step.agentRunId, step.index);
  if (recorded?.state !== 'succeeded') throw hasEnded(await workspace.agentRuns.get(run.id));
  return answerOf(workspace, recorded);
}
