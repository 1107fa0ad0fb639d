import {
  type AgentRunId,
  type AgentRunKind,
  budgetSubjectIds,
  budgetWaiting,
  type CallPolicy,
  type CircuitLimits,
  isDomainError,
  overBudget,
  type ProviderProtocol,
  type UpstreamRef,
  type Waiting,
  WaitKind,
} from '@fermata/contracts';
import type {
  GatewayCallEnd,
  GatewayCallStart,
  GatewayGrant,
  GatewayHold,
  GatewayPorts,
  GatewayRefusal,
  GatewayRouting,
  GatewayUpstream,
  GatewayWait,
} from '@fermata/core/gateway';
import { type ModelUpstream, upstreamRefOf } from '@fermata/core/models';
import {
  atWork,
  createGatewayCallRepository,
  createGatewayTokenRepository,
  createWaitingRepository,
  type Database,
  type GatewayCallEnded,
  type TokenBearer,
} from '@fermata/database';
import { firstChoice } from '../agent-runs/call-choice.js';
import type { RunningSegments } from '../external-agents/running-segments.js';
import { waitForProvider } from '../agent-runs/model-waits.js';
import { createUpstreamHealth, type UpstreamHealth } from './upstream-health.js';

type UpstreamOf = (
  workspace: Pick<GatewayGrant, 'workspaceId'>,
  wanted: { model: string; protocol: ProviderProtocol },
) => Promise<ModelUpstream>;

export interface GatewayPortsOptions {
  database: Database;
  /** With the key that the workspace has for it. @throws DomainError for a model that cannot be had */
  upstreamOf: UpstreamOf;
  /** Who serves our own tools to the agents at work here. */
  segments: RunningSegments;
  /** When calls stop going to a provider that fails. */
  circuit: CircuitLimits;
  onFailure: NonNullable<GatewayPorts['onFailure']>;
}

/** What the model gateway knows of runs, money and keys: our rows, and the settings of this worker. */
export function createGatewayPorts(options: GatewayPortsOptions): GatewayPorts {
  const { database, upstreamOf, segments, onFailure } = options;
  const upstreamRef = async (...of: Parameters<UpstreamOf>): Promise<UpstreamRef> => {
    const { model, endpoint } = await upstreamOf(...of);
    return upstreamRefOf(model, endpoint);
  };
  const health = createUpstreamHealth({ ...options, upstreamRef });
  const tokens = createGatewayTokenRepository(database);
  const calls = createGatewayCallRepository(database);
  return {
    async grantOf(hash) {
      const bearer = await tokens.bearerOf(hash);
      if (bearer === null) return null;
      const { workspaceId, agentRunId, okrRunId, taskId, agentId, model } = bearer;
      const ids = { workspaceId, agentRunId, okrRunId, taskId };
      const routing = routingOf(bearer);
      const grant = {
        tokenHash: hash,
        ...ids,
        models: [model],
        budgetSubjectIds: budgetSubjectIds({ ...ids, agentId }),
      };
      return routing === null ? grant : { ...grant, routing };
    },

    soFar: (grant) => calls.soFar(grant, grant.routing?.policy.downgrade?.length ? grant.budgetSubjectIds : []),

    upstreamFor: (grant, wanted) => upstreamFor(upstreamOf(grant, wanted), wanted.model),

    ledger: {
      begin: async (grant, start) => begin({ calls, health, upstream: await upstreamRef(grant, start) }, grant, start),
      async end(grant, end) {
        await calls.end(grant, endedCall(end));
      },
      waiting: (grant, waiting) => sayWaiting(database, grant, waiting),
    },
    onUpstream: health.told,
    toolsOf: ({ agentRunId }) => segments.toolsOf(agentRunId),
    onFailure,
  };
}

/** Null for a run whose agent has no policy. */
function routingOf(run: TokenBearer): GatewayRouting | null {
  if (run.modelPolicy === null && run.modelChoice === null) return null;
  const policy = (run.modelPolicy ?? {}) as CallPolicy;
  return { policy, first: firstChoice(run), kind: run.kind as AgentRunKind };
}

async function upstreamFor(upstream: Promise<ModelUpstream>, asked: string): Promise<GatewayUpstream | GatewayRefusal> {
  try {
    const { model, endpoint } = await upstream;
    const { price, contextWindow, maxOutputTokens, reasoning, forcedToolUse } = model;
    const { baseUrl, apiKey } = endpoint;
    const traits = { reasoning, forcedToolUse };
    return { baseUrl, apiKey, model: asked, price, contextWindow, maxOutputTokens, traits };
  } catch (error) {
    if (isDomainError(error)) return { status: 400, message: error.message };
    throw error;
  }
}

type Calls = ReturnType<typeof createGatewayCallRepository>;

interface Beginning {
  calls: Calls;
  health: UpstreamHealth;
  upstream: UpstreamRef;
}

async function begin(
  { calls, health, upstream }: Beginning,
  grant: GatewayGrant,
  start: GatewayCallStart,
): Promise<GatewayHold> {
  const { callId, model, worstCaseMicros: micros, likelyInputTokens: inputTokens, choice, insteadOf } = start;
  const likely = { inputTokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, estimated: true };
  const subjectIds = grant.budgetSubjectIds;
  const chosen = { ...(choice && { choice }), ...(insteadOf !== undefined && { insteadOf }) };
  const begun = await calls.begin(grant, { callId, model, subjectIds, micros, likely, upstream, ...chosen });
  switch (begun.outcome) {
    case 'held':
      if (begun.unwell) health.watch(upstream);
      return { outcome: 'held', stepId: begun.stepId };
    case 'ended':
      return begun;
    case 'refused':
      return { outcome: 'over_budget', ...overBudget(begun, micros) };
    case 'unavailable': {
      const { circuit, reason, until, inMs: askAgainInMs } = begun;
      const { detail } = waitForProvider(upstream, begun);
      return { outcome: 'unavailable', circuit, reason, detail, until, askAgainInMs };
    }
  }
}

/** The answer itself belongs to the agent; what is kept is what a provider's support asks for. */
function endedCall({ outcome, model, usage, costMicros, note, ...call }: GatewayCallEnd): GatewayCallEnded {
  const { callId, stepId, ...answer } = call;
  const { status, requestId, durationMs } = answer;
  const output = { text: JSON.stringify({ status, requestId, durationMs }), mediaType: 'application/json' } as const;
  const ended = { callId, ...(stepId && { stepId }), name: model, cost: { model, usage, costMicros }, output };
  if (outcome === 'answered') return { ...ended, state: 'succeeded' };
  const code = outcome === 'broken' ? 'provider_stream_broken' : 'provider_unavailable';
  const message =
    outcome === 'broken'
      ? 'The answer was cut short.'
      : `The provider did not take the call (${status ?? 'no answer'}).`;
  const said = note === undefined ? message : `${message} ${note}`;
  return { ...ended, state: 'failed', failure: { code, message: said } };
}

async function sayWaiting(
  database: Database,
  { workspaceId, agentRunId }: GatewayGrant,
  waiting: GatewayWait | null,
): Promise<void> {
  const subject = { type: 'agent_run', id: agentRunId as AgentRunId } as const;
  await createWaitingRepository(database, workspaceId).record({ subject, waiting: wordsOf(waiting) });
}

function wordsOf(waiting: GatewayWait | null): Waiting {
  if (waiting === null) return atWork('The agent is at work.');
  if ('budgetId' in waiting) return budgetWaiting(waiting);
  return { kind: WaitKind.rateLimit, detail: waiting.detail, releasableBy: ['provider'], until: waiting.until };
}
