import {
  type AgentRunId,
  DomainError,
  isDomainError,
  type ModelAnswer,
  type ModelChoice,
  type ModelTurn,
  type Reasoning,
} from '@fermata/contracts';
import type { ActivityDeps } from '../deps.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { type Away, awayBefore, chooseForCall, mayFallBack, modelBefore, recordedChoice } from './call-choice.js';
import { answerOf, lastUsageOf, nextRequest, plannedCalls, type RunSoFar } from './conversation.js';
import { refuseEnded } from './ended-run.js';
import { type CallOutcome, makeModelCall, type ModelCall } from './model-call.js';
import { notBefore, sayOfRun, waitForProvider } from './model-waits.js';

/** The turn of a run at which its model is asked. */
interface Turn extends RunSoFar {
  deps: ActivityDeps;
  workspace: Workspace;
  index: number;
}

/** One model call. It goes to another model than the last one where the policy of the agent says so. */
export async function callModel(
  deps: ActivityDeps,
  { agentRunId, index }: { agentRunId: AgentRunId; index: number },
): Promise<ModelTurn> {
  const workspace = await openWorkspace(deps, 'agentRun', agentRunId);
  const [run, steps] = await Promise.all([workspace.agentRuns.atTurn(agentRunId), workspace.steps.ofRun(agentRunId)]);
  const earlier = steps.find((one) => one.index === index);
  if (earlier?.state === 'succeeded') return turnOf({ workspace, run }, await answerOf(workspace, earlier));
  refuseEnded(run);
  const outcome = await askInTurn({ deps, workspace, run, steps, index });
  return outcome.outcome === 'answered' ? turnOf({ workspace, run }, outcome.answer) : outcome;
}

type Settled = Exclude<CallOutcome, { outcome: 'unavailable' }>;

/** A model that cannot be had, and what is to be said and thrown when no other can be had either. */
interface Missed {
  reason: string;
  refused: boolean;
  error: unknown;
  giveUp: () => Promise<never>;
}

/** Asks the model that is chosen, and the next one for as long as one cannot be had and there is a next one. */
async function askInTurn(turn: Turn): Promise<Settled> {
  const { workspace, run, steps } = turn;
  const away = awayBefore(steps);
  const missed: Missed[] = [];
  for (;;) {
    const choice = await chooseForCall(workspace, run, away);
    if (away.reasons.has(choice.model) && missed.length > 0) return soonest(missed).giveUp();
    const result = await tryModel(turn, choice, away);
    if (result.outcome !== 'missed') return result;
    missed.push(result);
    away.reasons.set(choice.model, result.reason);
    if (result.refused) away.refused.add(choice.model);
  }
}

/** What may be had again by waiting is waited for; otherwise the first refusal is what ends the run. */
function soonest(missed: readonly Missed[]): Missed {
  const waits = missed.filter(({ refused }) => !refused).sort((a, b) => delayOf(a) - delayOf(b));
  const [first] = [...waits, ...missed];
  if (!first) throw new DomainError('internal', 'No model was tried.');
  return first;
}

const delayOf = ({ error }: Missed): number => (isDomainError(error) ? (error.retryAfterMs ?? 0) : 0);

async function tryModel(
  turn: Turn,
  choice: ModelChoice,
  away: Away,
): Promise<Settled | ({ outcome: 'missed' } & Missed)> {
  const { workspace, run } = turn;
  try {
    const call = await prepareCall(turn, choice, away);
    const result = await makeModelCall(call);
    if (result.outcome !== 'unavailable') return result;
    const { unavailable } = result;
    const { upstream } = call.model;
    const error = notBefore(upstream, unavailable);
    const giveUp = async (): Promise<never> => {
      await sayOfRun(workspace, run, waitForProvider(upstream, unavailable));
      throw error;
    };
    // A limit passes by itself, and soon: the model is worth waiting for.
    if (unavailable.circuit === 'closed') return await giveUp();
    return { outcome: 'missed', reason: unavailable.reason ?? 'no answer', refused: false, error, giveUp };
  } catch (error) {
    if (!mayFallBack(run, error) || !isDomainError(error)) throw error;
    return {
      outcome: 'missed',
      ...{ reason: error.message.replace(/\.$/, ''), refused: true, error },
      giveUp: () => Promise.reject(error),
    };
  }
}

async function prepareCall(turn: Turn, choice: ModelChoice, away: Away): Promise<ModelCall> {
  const { deps, workspace, run, steps, index } = turn;
  const model = await deps.modelNamed(choice.model, workspace.workspaceId);
  const { id: agentRunId, okrRunId, taskId } = run;
  const before = modelBefore(turn);
  const request = await nextRequest(workspace, { run, steps }, model);
  return {
    ...{ deps, workspace, run, model },
    step: { agentRunId, okrRunId, taskId, index, kind: 'model', name: model.name },
    request: run.reasoning === null ? request : { ...request, reasoning: run.reasoning as Reasoning },
    // Another model counts tokens in another way.
    lastUsage: before === model.name ? lastUsageOf(steps) : null,
    choice: recordedChoice(run, choice, away),
    insteadOf: before === model.name ? null : before,
  };
}

/** @throws DomainError `provider_rejected` for an answer that declines, whoever looks at it */
async function turnOf({ workspace, run }: Pick<Turn, 'workspace' | 'run'>, answer: ModelAnswer): Promise<ModelTurn> {
  if (answer.stopReason !== 'refusal')
    return { outcome: 'answered', calls: await plannedCalls(workspace, run, answer) };
  throw new DomainError('provider_rejected', `The model refused to go on with agent run ${run.id}.`, {
    agentRunId: run.id,
  });
}
