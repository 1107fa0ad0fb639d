import { costOf, type JsonObject, type MicroUsd, type ModelPrice } from '@fermata/contracts';
import { worstCaseCost } from '@fermata/contracts/models';
import { likelyTokens } from '../models/estimate-usage.js';
import { worstCaseTokensOf } from '../models/worst-case-cost.js';
import type { AddressedCall, GatewayDialect, ReportedUsage } from './dialects/dialect.js';
import { objectAt } from './dialects/json-members.js';
import { lookThrough } from './look-through.js';
import { exceedsLimits, suitBody, type Suiting } from './suit-call.js';
import type { GatewayGrant, GatewayRefusal, GatewayUpstream } from './gateway-ports.js';

/** A call as it goes out. */
export interface PreparedCall {
  path: string;
  body: string;
  /** No call of this size can cost more; nothing for a call that only counts. */
  worstCaseMicros: MicroUsd;
  /** Tokens of the prompt, at four characters each. */
  likelyInputTokens: number;
}

interface Asked {
  dialect: GatewayDialect;
  call: AddressedCall;
  grant: GatewayGrant;
  upstream: GatewayUpstream;
  body: JsonObject;
  /** Where the model is chosen, and may not be the one that the client speaks to. */
  suiting?: Suiting;
}

/**
 * What is sent for a request, and what it can cost at most; or why it cannot be sent. The body is written anew from what
 * was read, so that a member that comes twice cannot mean one thing here and another thing at the provider.
 */
export function prepareCall(asked: Asked): PreparedCall | GatewayRefusal {
  const { dialect, call, upstream, suiting } = asked;
  const body = suiting ? suitBody(asked.body, suiting, asked) : asked.body;
  if (typeof body === 'string') return refuse(body);
  const path = dialect.upstreamPath({ ...call, model: upstream.model });
  if (call.kind === 'count') {
    const text = JSON.stringify(namedAnew(body, upstream.model));
    return { path, body: text, worstCaseMicros: 0, likelyInputTokens: 0 };
  }
  const refusal = refuseUnpriced(asked);
  if (refusal) return refusal;
  const { model, maxOutputTokens, baseUrl } = upstream;
  const shaped = dialect.shape(body, { model, maxOutputTokens, baseUrl, stream: call.stream });
  const text = JSON.stringify(shaped.body);
  const excess = suiting?.isStandIn ? exceedsLimits({ ...shaped, inputTokens: likelyTokens(text) }, asked) : null;
  if (excess !== null) return refuse(excess);
  const worst = worstCase(shaped.body, { text, outputTokens: shaped.outputTokens, upstream });
  if (typeof worst !== 'number') return worst;
  return { path, body: text, worstCaseMicros: worst, likelyInputTokens: likelyTokens(text) };
}

/** Where a request that only counts names its model: at its top, or in the request within. */
function namedAnew(body: JsonObject, model: string): JsonObject {
  const within = objectAt(body, 'generateContentRequest');
  const named = 'model' in body ? { ...body, model } : body;
  if (Object.keys(within).length === 0) return named;
  return { ...named, generateContentRequest: { ...within, model: `models/${model}` } };
}

/** Members that choose a price other than the one that is known, and the values that do not. */
const pricedMembers: Readonly<Record<string, readonly unknown[]>> = {
  service_tier: ['auto', 'default', 'standard', 'standard_only'],
  serviceTier: ['auto', 'default', 'standard'],
  speed: ['standard'],
  inference_geo: ['global', 'not_available'],
  background: [false],
};

function refuseUnpriced({ dialect, call, grant, upstream, body }: Asked): GatewayRefusal | null {
  if (upstream.price === null && grant.budgetSubjectIds.length > 0) {
    return refuse(
      `The price of the model "${call.model}" is not known, so no budget can hold it. State its price first.`,
    );
  }
  const [tool] = upstream.providerTools ? [] : dialect.providerTools(body);
  if (tool !== undefined) {
    return refuse(
      `The tool "${tool}" runs at the provider, which bills it by use. Switch it off in the agent's configuration.`,
    );
  }
  const member = Object.entries(pricedMembers).find(([name, values]) => isOtherwise(body[name], values))?.[0];
  return member === undefined
    ? null
    : refuse(`"${member}": ${JSON.stringify(body[member])} has a price that is not known. Leave it out.`);
}

function isOtherwise(value: unknown, values: readonly unknown[]): boolean {
  return value !== undefined && value !== null && !values.includes(value);
}

function refuse(message: string): GatewayRefusal {
  return { status: 400, message };
}

interface Sized {
  text: string;
  outputTokens: number;
  upstream: GatewayUpstream;
}

function worstCase(body: JsonObject, { text, outputTokens, upstream }: Sized): MicroUsd | GatewayRefusal {
  const { price, contextWindow } = upstream;
  if (price === null) return 0;
  const found = lookThrough(body);
  if (found.elsewhere !== null && contextWindow === null) {
    return refuse(
      `"${found.elsewhere}" stands for something whose size is not known here. Send it within the request.`,
    );
  }
  const bytes = found.elsewhere === null ? worstCaseTokensOf(text) : Infinity;
  const inputTokens = Math.min(bytes, contextWindow ?? Infinity);
  return worstCaseCost(inputTokens, outputTokens, found.longCache ? longCachePrice(price) : price);
}

/** What the cache keeps for an hour costs twice what is read afresh: https://platform.claude.com/docs/en/about-claude/pricing */
function longCachePrice(price: ModelPrice): ModelPrice {
  return { ...price, cacheWritePerMillion: Math.max(price.cacheWritePerMillion, 2 * price.inputPerMillion) };
}

/** What a call cost, to the micro-USD. */
export function reckonCost(usage: ReportedUsage, price: ModelPrice | null): MicroUsd {
  if (price === null) return 0;
  const { longCacheWriteTokens: long } = usage;
  const ordinary = costOf({ ...usage, cacheWriteTokens: usage.cacheWriteTokens - long }, price);
  return ordinary + Math.ceil((long * longCachePrice(price).cacheWritePerMillion) / 1_000_000);
}
