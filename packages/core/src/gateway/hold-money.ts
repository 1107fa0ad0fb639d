import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayHold, GatewayRefusal, GatewayWait } from './gateway-ports.js';
import type { AskedCall } from './open-call.js';

export type Held = Extract<GatewayHold, { outcome: 'held' }>;
type Waiting = Extract<GatewayHold, { outcome: 'over_budget' | 'unavailable' }>;

/** No model can be asked; `say` tells the client why. */
export interface TurnedAway {
  outcome: 'turned_away';
  say: () => Promise<void> | void;
}

export type Begun = GatewayHold | TurnedAway;

/** When a client whose hold has ended is asked to come again: at once, as far as its patience allows. */
const comeAgainMs = 10_000;

/**
 * Holds the money of a call before it goes out. Over budget, or while its provider cannot take it, the request waits, and its
 * run says so, until it may go, the client or the run goes, or it has waited for as long as clients bear; then they are asked to come again.
 * Nothing is sent meanwhile: clients wait longer for a first byte than within a stream, and hear the provider's own status.
 * @param begin asks for the money once
 */
export async function holdMoney(
  asked: AskedCall,
  begin: () => Promise<Begun>,
): Promise<GatewayRefusal | TurnedAway | Held> {
  const first = await begin();
  if (!isWaiting(first)) return settled(first);
  const { context, grant } = asked;
  await context.waitingRuns.begin(grant, wordsOf(first));
  let last: Begun = first;
  try {
    last = await waitForRoom(asked, first, begin);
    return settled(last);
  } finally {
    // Where the token has ended, another may have said since what the run waits for.
    await context.waitingRuns.end(grant, last.outcome !== 'ended' && (!isWaiting(last) || asked.over.aborted));
  }
}

function isWaiting(hold: Begun): hold is Waiting {
  return hold.outcome === 'over_budget' || hold.outcome === 'unavailable';
}

function wordsOf(hold: Waiting): GatewayWait {
  const { detail, askAgainInMs } = hold;
  if (hold.outcome === 'unavailable') return { until: hold.until, detail };
  return { budgetId: hold.budgetId, detail, ...(askAgainInMs !== undefined && { askAgainInMs }) };
}

async function waitForRoom({ context, over }: AskedCall, first: Waiting, begin: () => Promise<Begun>): Promise<Begun> {
  const { askAgainMs, holdMs } = context.limits;
  const until = Date.now() + holdMs;
  let hold: Begun = first;
  while (isWaiting(hold) && Date.now() < until && !over.aborted) {
    const pause = Math.min(hold.askAgainInMs ?? askAgainMs, askAgainMs, Math.max(1, until - Date.now()));
    await sleep(pause, undefined, { signal: over }).catch(() => undefined);
    if (!over.aborted) hold = await begin();
  }
  return hold;
}

function settled(hold: Begun): GatewayRefusal | TurnedAway | Held {
  switch (hold.outcome) {
    case 'held':
    case 'turned_away':
      return hold;
    case 'ended':
      return { status: 401, message: 'This token has ended, or its run has.' };
    case 'over_budget':
      return { status: 429, message: hold.detail, retryAfterMs: comeAgainMs };
    case 'unavailable':
      return { status: 429, message: hold.detail, retryAfterMs: Math.max(comeAgainMs, hold.askAgainInMs) };
  }
}
