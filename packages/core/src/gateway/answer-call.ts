import { bookCall, reckonCall } from './book-call.js';
import { forwardCall } from './forward-call.js';
import type { GatewayCallEnd, GatewayRefusal } from './gateway-ports.js';
import { type Begun, type Held, holdMoney } from './hold-money.js';
import type { MissedAnswer } from './missed-answer.js';
import { type AskedCall, beginCall, notNow, type OpenCall } from './open-call.js';

/** Which model a request goes to, and which one next when that one cannot be had. */
export interface CallPlan {
  readonly asked: AskedCall;
  /** The call that `begin` has asked money for last. */
  readonly open: OpenCall | null;
  /** Asks for the money of a call, once. */
  begin(): Promise<Begun>;
  /** Whether its client is better told something else when the open call is not answered: another model's answer, or error. */
  mayMiss(): boolean;
  /** Whether the open call goes to another model than that of the run. */
  standsIn(): boolean;
  /**
   * The open call is over, and its provider did not answer.
   * @returns which models cannot stand in, and why; null when there is nothing to say
   */
  miss(missed: MissedAnswer): Promise<string | null>;
}

/** A request that goes to one model whatever comes. */
export function planOfOne(asked: AskedCall, open: OpenCall): CallPlan {
  return {
    ...{ asked, open },
    begin: () => beginCall(open),
    mayMiss: () => false,
    standsIn: () => false,
    miss: () => Promise.resolve(null),
  };
}

/**
 * Money is held, the provider asked, and what it cost booked, whatever became of it. A call that is not answered is over, its
 * money free, before another model is asked.
 */
export async function answerPaid(plan: CallPlan): Promise<GatewayRefusal | null> {
  for (;;) {
    const held = await hold(plan);
    if (held === null || 'status' in held) return held;
    const { open } = plan;
    if (open === null) return notNow;
    const outcome = await forwardCall(open, { mayMiss: plan.mayMiss(), standsIn: plan.standsIn() });
    if (open.grant.routing) open.context.thoughts.note(outcome.reader.thoughts, open.call.model);
    const { missed } = outcome;
    const said = missed ? await noteOf(plan, missed) : {};
    const { stepId } = held;
    await bookCall(open, { ...reckonCall(open, outcome), ...said, ...(stepId && { stepId }) });
    if (!missed || open.over.aborted) return null;
  }
}

/** What a call has cost is booked though nothing can be said of it. */
async function noteOf(plan: CallPlan, missed: MissedAnswer): Promise<Pick<GatewayCallEnd, 'note'>> {
  try {
    const note = await plan.miss(missed);
    return note === null ? {} : { note };
  } catch (error) {
    plan.asked.context.ports.onFailure?.('request', error);
    return {};
  }
}

/** Null when the client has been told already why there is no answer. */
async function hold(plan: CallPlan): Promise<GatewayRefusal | Held | null> {
  const { asked } = plan;
  const { context, reply, dialect, call } = asked;
  try {
    const held = await holdMoney(asked, () => plan.begin());
    if ('say' in held) {
      await held.say();
      return null;
    }
    const isTooMuch = 'status' in held && held.status === 429;
    if (isTooMuch && call.stream && dialect.asksAgainAfter === 'event') reply.openStream();
    return held;
  } catch (error) {
    context.ports.onFailure?.('begin', error);
    reply.refuse(dialect, notNow);
    if (plan.open) await bookCall(plan.open, notCalled(plan.open));
    return null;
  }
}

/** Whether its money was held nobody knows: what was is free again. */
function notCalled(open: OpenCall) {
  const reader = open.dialect.createReader();
  return reckonCall(open, { startedAt: performance.now(), billed: false, reader, status: null, requestId: null });
}
