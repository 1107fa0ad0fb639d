/**
 * The work of an agent that is a program of its own: stretch after stretch, until it has handed in a result.
 *
 * A stretch ends when the agent stops, asks a person, has taken all its steps, or the run is paused. What follows is
 * decided here, on durable waits: no process stands by while a person thinks.
 */
import type { AgentRunEnd, AgentRunInput, AgentRunSetup, SegmentEnd, SegmentReason } from '@fermata/contracts';
import type { ApprovalGate } from '../approvals/approval-gate.js';
import type { Orders } from '../orders/orders.js';
import { askedOfPerson } from '../waiting/waits.js';
import { workedTooLong } from './agent-run.state.js';
import { agentsOn, steps } from './agent-steps.js';

/** Stops in a row without a result after which a person is asked. */
const maxStops = 3;

interface Parts {
  gate: ApprovalGate;
  orders: Orders;
}

type Question = Extract<SegmentEnd, { outcome: 'question' }>;

export class ExternalAgent {
  private readonly agents;
  private stepLimit: number;
  private stops = 0;
  /** Since the run began or a person last let it go on. */
  private workedMs = 0;

  constructor(
    private readonly input: AgentRunInput,
    private readonly setup: AgentRunSetup,
    private readonly parts: Parts,
  ) {
    this.agents = agentsOn(setup.hostQueue);
    this.stepLimit = setup.maxSteps;
  }

  async run(): Promise<AgentRunEnd> {
    let reason: SegmentReason = { because: 'begin' };
    for (;;) {
      await this.parts.orders.hold();
      const end = await this.workOn(reason);
      if (end === null) reason = { because: 'resumed' };
      else if (end.outcome === 'finished') return { state: 'succeeded', failure: null };
      else if (end.outcome === 'question') reason = await this.answerTo(end);
      else {
        const guard = this.guardFor(end);
        if (guard !== null && !(await this.mayGoOn(guard))) return stoppedBy(guard);
        reason = end.outcome === 'stopped' ? { because: 'stopped', detail: end.detail } : { because: 'resumed' };
      }
    }
  }

  /** Null: the run was paused. */
  private async workOn(reason: SegmentReason): Promise<SegmentEnd | null> {
    const { agentRunId } = this.input;
    const { maxWorkMs } = this.setup;
    const limit = maxWorkMs === undefined ? {} : { workLeftMs: Math.max(1, maxWorkMs - this.workedMs) };
    const end = await this.parts.orders.unlessPaused(() =>
      this.agents.runSegment({ agentRunId, reason, stepLimit: this.stepLimit, ...limit }),
    );
    this.workedMs += end?.workedMs ?? 0;
    return end;
  }

  private async answerTo(question: Question): Promise<SegmentReason> {
    const { gate, orders } = this.parts;
    const { approvalId, detail } = question;
    const timedOut = await orders.waits.during(askedOfPerson(detail, approvalId), () => gate.waitedInVain(question));
    return { because: 'answered', approvalId, timedOut };
  }

  /** Why the run must not go on by itself, or null. */
  private guardFor(end: Extract<SegmentEnd, { outcome: 'stopped' | 'step_limit' | 'time_limit' }>): string | null {
    if (end.outcome === 'time_limit') return workedTooLong(this.workedMs);
    if (end.outcome === 'step_limit') return `It has taken ${end.steps} steps, the most it may take without asking.`;
    this.stops += 1;
    return this.stops < maxStops ? null : `It has stopped ${this.stops} times without a result. ${end.detail}`;
  }

  /** A guard ends in a question to a person, with the facts, not in a crash. */
  private async mayGoOn(reason: string): Promise<boolean> {
    const { gate, orders } = this.parts;
    await orders.hold();
    const question = await steps.askToContinue({ agentRunId: this.input.agentRunId, index: this.stepLimit, reason });
    const { state } = await orders.waits.during(askedOfPerson(reason, question.approvalId), () =>
      gate.answer(question),
    );
    this.stops = 0;
    this.workedMs = 0;
    this.stepLimit += this.setup.maxSteps;
    return state === 'approved';
  }
}

function stoppedBy(guard: string): AgentRunEnd {
  return { state: 'failed', failure: { code: 'timeout', message: `Stopped by a guard: ${guard}` } };
}
