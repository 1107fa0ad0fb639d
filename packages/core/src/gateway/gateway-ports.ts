import type {
  AgentRunKind,
  CallPolicy,
  CircuitState,
  MicroUsd,
  ModelChoice,
  ModelPrice,
  ModelTraits,
  ProviderProtocol,
  Usage,
} from '@fermata/contracts';

/** What the bearer of a token may do: the calls of one agent run, while that run lasts. */
export interface GatewayGrant {
  /** Of the token (see `hashGatewayToken`). */
  tokenHash: string;
  workspaceId: string;
  agentRunId: string;
  /** What the run belongs to. */
  okrRunId: string;
  taskId: string | null;
  /** The models it may ask for, by the names it asks for; `GET /v1/models` lists them. */
  models: readonly string[];
  /** Whose budgets each call is held against. Empty: no budget applies, and only then may a model be without a price. */
  budgetSubjectIds: readonly string[];
  /** Absent: each call goes to the model that it names. */
  routing?: GatewayRouting;
}

/** By what the gateway chooses the model of each call, whichever of its models a run asks for. */
export interface GatewayRouting {
  policy: CallPolicy;
  /** The model that the run was queued with, and why. */
  first: ModelChoice;
  kind: AgentRunKind;
}

/** What is known of a run before a call of it is routed. */
export interface RoutedSoFar {
  /** Of the fullest budget that the run spends; null when none has a limit, or no threshold asks for it. */
  budgetPercent: number | null;
  /** The model of the last answer; null before the first. */
  lastModel: string | null;
  /** All models that have answered in the run. */
  models: readonly string[];
  /** Those whose providers turned the run away. */
  refused: readonly string[];
}

/** Why a call asks the model that it does. */
export interface GatewayChoice extends ModelChoice {
  /** Models whose providers turned the run away: they are not asked again in it. */
  refused?: readonly string[];
}

/** Why a request is not served, as the agent is told: a sentence that names the thing and the way out, without secrets. */
export interface GatewayRefusal {
  /** 400 to 599. */
  status: number;
  message: string;
  /** Sent as `Retry-After`, in whole seconds. */
  retryAfterMs?: number;
}

/** Where a call goes, and what it may cost. The address is ours alone: nothing a client sends changes it. */
export interface GatewayUpstream {
  /** As it is set for the provider: OpenAI's with its `/v1`, Anthropic's and Gemini's without a version. */
  baseUrl: string;
  /** Stays in this process: it is in no answer, error or log. */
  apiKey: string;
  /** The name to send, where the provider's differs from the one asked for. */
  model: string;
  /** Null: not known. */
  price: ModelPrice | null;
  /** Tokens of prompt and answer together for which the price holds; null when not known. */
  contextWindow: number | null;
  /** The longest answer that may be asked for. Longer wishes are cut to it, and it is set where there is none. */
  maxOutputTokens: number;
  /** How the model must be asked, as far as that differs within a protocol; absent when not known. */
  traits?: ModelTraits;
  /** True: tools that run at the provider (web search, code) are let through, though they are billed by use. */
  providerTools?: boolean;
}

/** A call before it goes out. */
export interface GatewayCallStart {
  /** Unique to the call: the key of its reservation. */
  callId: string;
  protocol: ProviderProtocol;
  /** As the agent asked for it, or as it was chosen. */
  model: string;
  /** Where there was something to choose. */
  choice?: GatewayChoice;
  /** The model that the run asked last, where it is another one. */
  insteadOf?: string;
  /** No call of this size can cost more. */
  worstCaseMicros: MicroUsd;
  /** What it costs in all likelihood; all that is left to book when its end is lost with the process that made it. */
  likelyInputTokens: number;
}

/** What a call over budget waits for. */
export interface BudgetWait {
  budgetId: string;
  /** Which budget lacks what, in a sentence. */
  detail: string;
  /** When room may come by itself; absent when it will not. */
  askAgainInMs?: number;
}

/** Beginning the same call twice holds its money once. */
export type GatewayHold =
  /** `stepId`: what the call is recorded as; `end` finds it by that. */
  | { outcome: 'held'; stepId?: string }
  | ({ outcome: 'over_budget' } & BudgetWait)
  /**
   * The provider cannot take it: other calls have been told. `circuit`: closed where it only limits how often it may be
   * called. `reason`: a few words. `until`: ISO time, for people.
   */
  | {
      outcome: 'unavailable';
      circuit: CircuitState;
      reason: string | null;
      detail: string;
      until: string;
      askAgainInMs: number;
    }
  /** The token or its run has ended, maybe long ago: whose it is was remembered. */
  | { outcome: 'ended' };

/** What a call waits for before it goes out: room in a budget, or its provider. */
export type GatewayWait = BudgetWait | { until: string; detail: string };

/** What became of a call. */
export interface GatewayCallEnd {
  callId: string;
  /** As `begin` told it. Absent where its answer was lost: nobody knows then whether there is one. */
  stepId?: string;
  /**
   * `answered`: whole, with the provider's own counts. `broken`: billed, but cut short or not counted, so the usage is
   * an estimate. `refused`: nothing was billed; what was held is free again.
   */
  outcome: 'answered' | 'broken' | 'refused';
  /** As the provider named it; the name sent when it said none. */
  model: string;
  usage: Usage;
  costMicros: MicroUsd;
  /** Of the provider's answer; null when none came. */
  status: number | null;
  /** The provider's, for its support. */
  requestId: string | null;
  durationMs: number;
  /** What else is to be said of a call that failed: sentences for a person. */
  note?: string;
}

export interface GatewayLedger {
  /**
   * Holds the money of a call against every budget of the grant, or against none of them. Whose token it is was remembered, so it is
   * asked here whether `grant.tokenHash` has ended or was replaced: then nothing is held (`ended`).
   */
  begin(grant: GatewayGrant, start: GatewayCallStart): Promise<GatewayHold>;
  /**
   * Books a call and gives back what is left of its hold. It comes once for each call that was begun, and again when it
   * throws; also for a call whose `begin` threw, which may or may not have taken effect. Ending twice must be harmless.
   */
  end(grant: GatewayGrant, end: GatewayCallEnd): Promise<void>;
  /** A call of the run waits; null when none does any longer. */
  waiting(grant: GatewayGrant, waiting: GatewayWait | null): Promise<void>;
}

/** How a provider is doing, as one answer shows it. */
export interface UpstreamSign {
  protocol: ProviderProtocol;
  model: string;
  /** Null: no answer came. */
  status: number | null;
  /** Milliseconds that the provider asks to wait. */
  retryAfterMs?: number;
}

/** What can fail: a port, or the serving of a request. */
export type GatewayDoing = 'grant' | 'upstream' | 'begin' | 'end' | 'waiting' | 'request';

/** What the gateway asks of those who know runs, money and keys. All of it may be asked at once by many calls. */
export interface GatewayPorts {
  /** Whose token has this hash (see `hashGatewayToken`); null when nobody's, or when its run has ended. Remembered for calls. */
  grantOf(tokenHash: string): Promise<GatewayGrant | null>;
  /** The model is one that the grant allows. */
  upstreamFor(
    grant: GatewayGrant,
    wanted: { protocol: ProviderProtocol; model: string },
  ): Promise<GatewayUpstream | GatewayRefusal>;
  ledger: GatewayLedger;
  /** Asked for grants with a routing that leaves something open, and for no others. */
  soFar?(grant: GatewayGrant): Promise<RoutedSoFar>;
  /** What serves our own tools to the run's agent, at `/mcp`; null when the run has none. */
  toolsOf?(grant: GatewayGrant): ((request: Request) => Promise<Response>) | null;
  /** Told of each answer, and of each that does not come. Must not throw. */
  onUpstream?(grant: GatewayGrant, sign: UpstreamSign): void;
  /** Told of what failed here or in a port, and why. Must not throw. */
  onFailure?(doing: GatewayDoing, error: unknown): void;
}

/** All in milliseconds, but for `bodyBytes`. */
export interface GatewayLimits {
  /** The largest request. */
  bodyBytes: number;
  /** The longest silence of a provider. */
  silenceMs: number;
  /** How long a request that waits for budget, or for its provider, is held before its client is asked to come again. */
  holdMs: number;
  /** Between two looks at what it waits for. */
  askAgainMs: number;
  /** Between two tries to book a call; there are five. */
  bookAgainMs: number;
}
