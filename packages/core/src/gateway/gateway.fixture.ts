import Anthropic from '@anthropic-ai/sdk';
import type { CircuitState } from '@fermata/contracts';
import {
  type Gateway,
  type GatewayCallEnd,
  type GatewayCallStart,
  type GatewayGrant,
  type GatewayHold,
  type GatewayLedger,
  type GatewayLimits,
  type GatewayPorts,
  type GatewayRefusal,
  type GatewayUpstream,
  type GatewayWait,
  mintGatewayToken,
  type RoutedSoFar,
  startGateway,
  type UpstreamSign,
} from '@fermata/core/gateway';
import { type Script, type ScriptedModelServer, startScriptedModel } from '@fermata/scripted-model';
import OpenAI from 'openai';
import { afterEach } from 'vitest';

export const realKey = 'sk-real-0123456789abcdef';

/** Dollars for a million tokens are micro-dollars for one: 2, 10, 0.2 and 2.5. */
export const price = {
  inputPerMillion: 2_000_000,
  outputPerMillion: 10_000_000,
  cacheReadPerMillion: 200_000,
  cacheWritePerMillion: 2_500_000,
};

/** What a call is recorded as. */
export const stepOf = (callId: string): string => `step of ${callId}`;

/** A budget in memory that keeps the promises which the ports ask for. */
export class MemoryLedger implements GatewayLedger {
  limitMicros: number;
  spentMicros = 0;
  mostTaken = 0;
  ended = false;
  readonly begins: GatewayCallStart[] = [];
  readonly ends: GatewayCallEnd[] = [];
  readonly waitings: (GatewayWait | null)[] = [];
  /** How many of the next calls of each kind fail. */
  readonly failures = { begin: 0, end: 0 };
  /** Models that no call may go to. */
  readonly unavailable = new Map<string, CircuitState>();
  readonly #held = new Map<string, number>();

  constructor(limitMicros: number) {
    this.limitMicros = limitMicros;
  }

  get heldMicros(): number {
    return [...this.#held.values()].reduce((sum, held) => sum + held, 0);
  }

  async begin(_grant: GatewayGrant, start: GatewayCallStart): Promise<GatewayHold> {
    await Promise.resolve();
    if (this.ended) return { outcome: 'ended' };
    const circuit = this.unavailable.get(start.model);
    const why = { reason: 'HTTP 529', detail: `${start.model} is away.`, until: 'soon', askAgainInMs: 20 };
    if (circuit) return { outcome: 'unavailable', circuit, ...why };
    const taken = this.spentMicros + this.heldMicros + start.worstCaseMicros;
    if (taken > this.limitMicros)
      return { outcome: 'over_budget', budgetId: 'bud_1', detail: 'The budget is used up.' };
    this.#held.set(start.callId, start.worstCaseMicros);
    this.mostTaken = Math.max(this.mostTaken, taken);
    this.begins.push(start);
    if (this.failures.begin-- > 0) throw new Error('the database is away');
    return { outcome: 'held', stepId: stepOf(start.callId) };
  }

  async end(_grant: GatewayGrant, end: GatewayCallEnd): Promise<void> {
    await Promise.resolve();
    if (this.failures.end-- > 0) throw new Error('the database is away');
    this.#held.delete(end.callId);
    this.spentMicros += end.costMicros;
    this.ends.push(end);
  }

  async waiting(_grant: GatewayGrant, waiting: GatewayWait | null): Promise<void> {
    await Promise.resolve();
    this.waitings.push(waiting);
  }
}

interface WorldOptions {
  script?: Script;
  /** In place of a scripted model. */
  upstreamUrl?: string;
  limitMicros?: number;
  limits?: Partial<GatewayLimits>;
  upstream?: Partial<GatewayUpstream>;
  /** Of single models, before `upstream`. */
  upstreams?: Readonly<Record<string, Partial<GatewayUpstream> | GatewayRefusal>>;
  soFar?: Partial<RoutedSoFar>;
  grant?: Partial<GatewayGrant>;
  /** The port that fails. */
  broken?: 'upstream';
}

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Ends with the test. */
export function lastly(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup);
}

export interface GatewayWorld {
  gateway: Gateway;
  ledger: MemoryLedger;
  token: string;
  /** What the ports were told. */
  signs: UpstreamSign[];
  failures: string[];
  /** How often it was asked whose token it is. */
  grantsAsked: () => number;
  /** How often it was asked what is known of the run. */
  lookedUp: () => number;
  /** The upstream, where it is a scripted model. */
  model: ScriptedModelServer;
  anthropic: Anthropic;
  openai: OpenAI;
  post: (path: string, body: unknown, init?: RequestInit) => Promise<Response>;
}

/** A gateway before a provider, with the vendors' own clients, which never try again by themselves. */
export async function startWorld(options: WorldOptions = {}): Promise<GatewayWorld> {
  const script = options.script ?? { rules: [{ name: 'any', match: {}, answer: { text: 'Hello there.' } }] };
  const model = await startScriptedModel({ script });
  lastly(() => model.close());
  const ledger = new MemoryLedger(options.limitMicros ?? 100_000_000);
  const { token, hash } = mintGatewayToken();
  const signs: UpstreamSign[] = [];
  const failures: string[] = [];
  const ports = createPorts({ options, ledger, hash, url: options.upstreamUrl ?? model.url });
  let lookUps = 0;
  let grantsAsked = 0;
  const grantOf: GatewayPorts['grantOf'] = (given) => {
    grantsAsked += 1;
    return ports.grantOf(given);
  };
  const soFar = async () => {
    lookUps += 1;
    return { budgetPercent: null, lastModel: null, models: [], refused: [], ...options.soFar };
  };
  const gateway = await startGateway({
    ports: {
      ...{ ...ports, grantOf, soFar },
      onUpstream: (_, sign) => signs.push(sign),
      onFailure: (doing) => failures.push(doing),
    },
    limits: { askAgainMs: 20, bookAgainMs: 5, ...options.limits },
  });
  lastly(() => gateway.close());
  return {
    ...{ gateway, ledger, token, signs, failures, model, lookedUp: () => lookUps, grantsAsked: () => grantsAsked },
    anthropic: new Anthropic({ apiKey: token, authToken: null, baseURL: gateway.url, maxRetries: 0 }),
    openai: new OpenAI({ apiKey: token, baseURL: `${gateway.url}/v1`, maxRetries: 0 }),
    post: (path, body, init) =>
      fetch(gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
      }),
  };
}

interface PortsOf {
  options: WorldOptions;
  ledger: MemoryLedger;
  hash: string;
  url: string;
}

function createPorts({ options, ledger, hash, url }: PortsOf): GatewayPorts {
  const grant: GatewayGrant = {
    tokenHash: hash,
    workspaceId: 'ws_1',
    agentRunId: 'run_1',
    models: ['m-1', 'm-2'],
    ...{ okrRunId: 'okr_1', taskId: null, budgetSubjectIds: ['okr_1'] },
    ...options.grant,
  };
  const isOpenAi = (protocol: string) => protocol.startsWith('openai');
  return {
    grantOf: async (given) => (given === hash && !ledger.ended ? grant : null),
    upstreamFor: async (_, { protocol, model }) => {
      if (options.broken) throw new Error('the database is away');
      const baseUrl = isOpenAi(protocol) ? `${url}/v1` : url;
      const facts = { apiKey: realKey, model, price, contextWindow: 200_000, maxOutputTokens: 1_000 };
      const own = options.upstreams?.[model] ?? {};
      return 'status' in own ? own : { baseUrl, ...facts, ...options.upstream, ...own };
    },
    ledger,
  };
}

/** Reads a stream to its end. */
export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const event of stream) void event;
}

/** Asks again until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('it never came to be');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
