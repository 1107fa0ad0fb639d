import { randomUUID } from 'node:crypto';
import { type CallPolicy, chooseModel, type ModelChoice } from '@fermata/contracts';
import type { CallPlan } from './answer-call.js';
import type { ThoughtOrigins } from './dialects/dialect.js';
import type { GatewayHold, GatewayRefusal, GatewayRouting, RoutedSoFar } from './gateway-ports.js';
import type { Begun } from './hold-money.js';
import type { MissedAnswer } from './missed-answer.js';
import { type AskedCall, beginCall, openCall, type OpenCall } from './open-call.js';

type Unavailable = Extract<GatewayHold, { outcome: 'unavailable' }>;

/** For a run whose policy leaves nothing open: nothing is asked for it. */
const nothingSoFar: RoutedSoFar = { budgetPercent: null, lastModel: null, models: [], refused: [] };

/**
 * Which models a request may go to, by the policy of its run: the one that is chosen, and while its provider cannot be had, the
 * next. What the request's protocol does not reach, and what could not take the request, is passed over. What is found out on
 * the way holds for this request; what is found out of a provider's health is everybody's, and is asked for again.
 */
export class CallRoute implements CallPlan {
  readonly asked: AskedCall;
  open: OpenCall | null = null;
  readonly #routing: GatewayRouting;
  readonly #known = new Map<string, OpenCall | GatewayRefusal>();
  readonly #away = new Map<string, string>();
  readonly #refused = new Set<string>();
  readonly #missed: MissedAnswer[] = [];
  /** Without the models that do not take this request. */
  #policy: CallPolicy;
  #passedOver: string[] = [];
  #soFar: RoutedSoFar | null = null;
  #last: string | null = null;

  constructor(asked: AskedCall, routing: GatewayRouting) {
    this.asked = asked;
    this.#routing = routing;
    this.#policy = routing.policy;
  }

  async begin(): Promise<Begun> {
    const away = this.#awayBefore(await this.#read());
    const unavailable: Unavailable[] = [];
    for (;;) {
      const open = await this.#choose(away);
      if ('status' in open) return { outcome: 'turned_away', say: () => this.#sayMissed(open) };
      const { model } = open.call;
      if (away.has(model) && unavailable.length + this.#missed.length > 0) return this.#giveUp(unavailable);
      this.open = open;
      const hold = await beginCall(open);
      if (hold.outcome === 'held') this.#last = model;
      // A limit passes by itself, and soon: the model is worth waiting for.
      if (hold.outcome !== 'unavailable' || hold.circuit === 'closed') return this.#waitsFor(hold);
      unavailable.push(hold);
      away.set(model, hold.reason ?? 'no answer');
    }
  }

  mayMiss(): boolean {
    const { fallback = [] } = this.#policy;
    if (this.#missed.length > 0 || this.standsIn()) return true;
    return fallback.some((model) => model !== this.open?.call.model && !this.#away.has(model));
  }

  standsIn(): boolean {
    return this.open !== null && this.open.call.model !== this.#routing.first.model;
  }

  async miss(missed: MissedAnswer): Promise<string | null> {
    const model = this.open?.call.model ?? '';
    this.#missed.push(missed);
    if (missed.ofRequest) this.#policy = without(this.#policy, model);
    else this.#away.set(model, missed.reason);
    if (missed.refused) this.#refused.add(model);
    await this.#choose(this.#awayBefore(await this.#read()));
    return this.#passedOver.join(' ') || null;
  }

  /** The call as it goes out, when nothing more is found out. */
  async choose(): Promise<OpenCall | GatewayRefusal> {
    return this.#choose(this.#awayBefore(await this.#read()));
  }

  async #read(): Promise<RoutedSoFar> {
    const { ports } = this.asked.context;
    const { fallback = [], downgrade = [] } = this.#routing.policy;
    if (!ports.soFar || fallback.length + downgrade.length === 0) return nothingSoFar;
    this.#soFar ??= await ports.soFar(this.asked.grant);
    return this.#soFar;
  }

  #awayBefore({ refused }: RoutedSoFar): Map<string, string> {
    for (const model of refused) this.#refused.add(model);
    return new Map([...refused.map((model) => [model, 'its provider refuses us'] as const), ...this.#away]);
  }

  async #choose(awayNow: ReadonlyMap<string, string>): Promise<OpenCall | GatewayRefusal> {
    const { first, kind } = this.#routing;
    const soFar = this.#soFar ?? nothingSoFar;
    const away = new Map(awayNow);
    let policy = this.#policy;
    const refusals = new Map<string, GatewayRefusal>();
    this.#passedOver = [];
    for (;;) {
      const facts = { first, kind, complexity: null, failedGates: 0, budgetPercent: soFar.budgetPercent, away };
      const choice = chooseModel(policy, facts);
      const open = await this.#openFor(choice.model, soFar);
      if (!('status' in open)) return this.#chosen(open, choice, soFar);
      // Nothing can be opened now, or no other model is left.
      if (open.status >= 500) return open;
      if (refusals.has(choice.model)) return refusals.get(first.model) ?? open;
      refusals.set(choice.model, open);
      away.set(choice.model, open.message.replace(/\.$/, ''));
      if (choice.model === first.model) continue;
      policy = without(policy, choice.model);
      this.#passedOver.push(`${choice.model} is passed over: ${open.message}`);
    }
  }

  /** Once for each model: a request that waits is not written anew at each look. */
  async #openFor(model: string, soFar: RoutedSoFar): Promise<OpenCall | GatewayRefusal> {
    const known = this.#known.get(model);
    if (known) return known;
    const callId = this.#known.size === 0 ? this.asked.callId : randomUUID();
    const open = await openCall(this.asked, { callId, model, origins: this.#originsFor(model, soFar) });
    if (!('status' in open && open.status >= 500)) this.#known.set(model, open);
    return open;
  }

  /** A thought that an earlier process has passed on may be anybody's, once more than one model has answered. */
  #originsFor(model: string, { models }: RoutedSoFar): ThoughtOrigins {
    const { thoughts } = this.asked.context;
    const areMixed = [this.#routing.first.model, ...models].some((other) => other !== model);
    const isForeign = (thought: string): boolean => (thoughts.of(thought) ?? (areMixed ? null : model)) !== model;
    return { isForeign, areMixed };
  }

  #chosen(open: OpenCall, choice: ModelChoice, { lastModel }: RoutedSoFar): OpenCall {
    const before = this.#last ?? lastModel ?? this.#routing.first.model;
    const reason = [choice.reason, ...this.#passedOver].join(' ');
    const refused = this.#refused.size === 0 ? {} : { refused: [...this.#refused] };
    const chosen = { ...open, choice: { ...choice, reason, ...refused } };
    return before === choice.model ? chosen : { ...chosen, insteadOf: before };
  }

  #giveUp(unavailable: Unavailable[]): Begun {
    const [soonest] = unavailable.sort((a, b) => a.askAgainInMs - b.askAgainInMs);
    if (this.#missed.length > 0 || !soonest) return { outcome: 'turned_away', say: () => this.#sayMissed(null) };
    return this.#waitsFor(soonest);
  }

  /** What is known of the run is out of date when it has waited. */
  #waitsFor(hold: GatewayHold): GatewayHold {
    if (hold.outcome === 'held') return hold;
    this.#soFar = null;
    if (hold.outcome !== 'unavailable' || hold.circuit === 'closed') return hold;
    return { ...hold, detail: [hold.detail, ...this.#passedOver].join(' ') };
  }

  /** What may be had again by asking again comes first: a client takes a refusal for final, and a stand-in's for its own fault. */
  #sayMissed(refusal: GatewayRefusal | null): Promise<void> | void {
    const word = this.#missed.find(({ refused, ofRequest }) => !refused && !ofRequest) ?? this.#missed[0];
    if (word) return word.say();
    if (refusal) this.asked.reply.refuse(this.asked.dialect, refusal);
  }
}

function without({ fallback = [], downgrade = [] }: CallPolicy, model: string): CallPolicy {
  return {
    fallback: fallback.filter((name) => name !== model),
    downgrade: downgrade.filter(({ to }) => to !== model),
  };
}
