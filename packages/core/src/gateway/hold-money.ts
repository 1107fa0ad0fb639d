import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayHold, GatewayRefusal } from './gateway-ports.js';
import type { OpenCall } from './open-call.js';

type OverBudget = Extract<GatewayHold, { outcome: 'over_budget' }>;

/** When a client whose hold has ended is asked to come again: at once, as far as its patience allows. */
const comeAgainMs = 10_000;

/**
 * Holds the money of a call before it goes out. Over budget the request waits, and its run says so, until the budget has
 * room, the client or the run goes, or it has waited for as long as clients bear; then they are asked to come again.
 * Nothing is sent meanwhile: clients wait longer for a first byte than within a stream, and hear the provider's own status.
 * @returns null when the money is held
 */
export async function holdMoney(open: OpenCall): Promise<GatewayRefusal | null> {
  const first = await beginOnce(open);
  if (first.outcome !== 'over_budget') return settled(first);
  const { context, grant } = open;
  const { budgetId, detail, askAgainInMs } = first;
  await context.waitingRuns.begin(grant, { budgetId, detail, ...(askAgainInMs !== undefined && { askAgainInMs }) });
  let last: GatewayHold = first;
  try {
    last = await waitForRoom(open, first);
    return settled(last);
  } finally {
    await context.waitingRuns.end(grant, last.outcome !== 'over_budget' || open.over.aborted);
  }
}

async function waitForRoom(open: OpenCall, first: OverBudget): Promise<GatewayHold> {
  const { askAgainMs, holdMs } = open.context.limits;
  const until = Date.now() + holdMs;
  let hold: GatewayHold = first;
  while (hold.outcome === 'over_budget' && Date.now() < until && !open.over.aborted) {
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
  }
}
