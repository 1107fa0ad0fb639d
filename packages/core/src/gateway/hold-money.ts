import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayHold, GatewayRefusal, GatewayWait } from './gateway-ports.js';
import type { OpenCall } from './open-call.js';

type Waiting = Extract<GatewayHold, { outcome: 'over_budget' | 'unavailable' }>;

/** When a client whose hold has ended is asked to come again: at once, as far as its patience allows. */
const comeAgainMs = 10_000;

/**
 * Holds the money of a call before it goes out. Over budget, or while its provider cannot take it, the request waits, and its
 * run says so, until it may go, the client or the run goes, or it has waited for as long as clients bear; then they are asked to come again.
 * Nothing is sent meanwhile: clients wait longer for a first byte than within a stream, and hear the provider's own status.
 * @returns null when the money is held
 */
export async function holdMoney(open: OpenCall): Promise<GatewayRefusal | null> {
  const first = await beginOnce(open);
  if (!isWaiting(first)) return settled(first);
  const { context, grant } = open;
  await context.waitingRuns.begin(grant, wordsOf(first));
  let last: GatewayHold = first;
  try {
    last = await waitForRoom(open, first);
    return settled(last);
  } finally {
    await context.waitingRuns.end(grant, !isWaiting(last) || open.over.aborted);
  }
}

function isWaiting(hold: GatewayHold): hold is Waiting {
  return hold.outcome === 'over_budget' || hold.outcome === 'unavailable';
}

function wordsOf(hold: Waiting): GatewayWait {
  const { detail, askAgainInMs } = hold;
  if (hold.outcome === 'unavailable') return { until: hold.until, detail };
  return { budgetId: hold.budgetId, detail, ...(askAgainInMs !== undefined && { askAgainInMs }) };
}

async function waitForRoom(open: OpenCall, first: Waiting): Promise<GatewayHold> {
  const { askAgainMs, holdMs } = open.context.limits;
  const until = Date.now() + holdMs;
  let hold: GatewayHold = first;
  while (isWaiting(hold) && Date.now() < until && !open.over.aborted) {
    const pause = Math.min(hold.askAgainInMs ?? askAgainMs, askAgainMs, Math.max(1, until - Date.now()));
    await sleep(pause, undefined, { signal: open.over }).catch(() => undefined);
    if (!open.over.aborted) hold = await beginOnce(open);
  }
  return hold;
}

function beginOnce({ context, grant, callId, dialect, call, prepared }: OpenCall): Promise<GatewayHold> {
  const { protocol } = dialect;
  const { worstCaseMicros, likelyInputTokens } = prepared;
  const start = { callId, protocol, model: call.model, worstCaseMicros, likelyInputTokens };
  return context.ports.ledger.begin(grant, start);
}

function settled(hold: GatewayHold): GatewayRefusal | null {
  switch (hold.outcome) {
    case 'held':
      return null;
    case 'ended':
      return { status: 401, message: 'The run of this token has ended.' };
    case 'over_budget':
      return { status: 429, message: hold.detail, retryAfterMs: comeAgainMs };
    case 'unavailable':
      return { status: 429, message: hold.detail, retryAfterMs: Math.max(comeAgainMs, hold.askAgainInMs) };
  }
}
