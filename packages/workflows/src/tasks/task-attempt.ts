/** The process of one attempt at a task, as `taskRun` runs it. */
import type {
  AgentRunEnd,
  AgentRunId,
  AgentRunOrder,
  ChangeRequestOutcome,
  Failure,
  GatePhase,
  TaskBrief,
  TaskOutcome,
  TaskRef,
  TaskRunInput,
} from '@fermata/contracts';
import { assertNever, summaryOf } from '@fermata/contracts';
import { CancelledFailure, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { followAgentRun } from '../agent-runs/follow-agent-run.js';
import type { ApprovalGate } from '../approvals/approval-gate.js';
import { changeRequest } from '../change-requests/change-request.workflow.js';
import type { Orders } from '../orders/orders.js';
import { searchAttributesOf } from '../search-attributes.js';
import { askedOfPerson } from '../waiting/waits.js';
import { landingRounds, maxLandings, TaskRounds } from './task-run.state.js';
import { taskSteps, worktreeOn } from './task-steps.js';

export interface AttemptParts {
  gate: ApprovalGate;
  orders: Orders;
}

/** Ends the attempt: thrown where the process cannot go on, caught where it is settled. */
class Unfinished extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

const agentAtWork = {
  work: 'An agent works on it.',
  repair: 'An agent repairs it.',
  review: 'An agent reviews it.',
} as const;

type Deadlock = Parameters<typeof taskSteps.askAboutTask>[0]['reason'];

export class TaskAttempt {
  private readonly ref: TaskRef;
  private readonly worktree;
  private readonly rounds = new TaskRounds();
  private lastRun: AgentRunId | null = null;

  constructor(
    private readonly input: TaskRunInput,
    private readonly brief: TaskBrief,
    private readonly parts: AttemptParts,
  ) {
    this.ref = { taskId: input.taskId, attempt: input.attempt };
    this.worktree = worktreeOn(brief.hostQueue);
  }

  async run(): Promise<TaskOutcome> {
    try {
      await this.step(() => this.worktree.prepareWorktree(this.ref));
      await this.runAgent({ kind: 'work', round: 0 });
      for (;;) {
        await this.passGates();
        if (!(await this.passReview())) continue;
        if (await this.land()) return { state: 'done', failure: null };
      }
    } catch (error) {
      if (error instanceof Unfinished) return { state: 'failed', failure: error.failure };
      throw error;
    }
  }

  /** Runs every gate until all pass; what fails goes back to the agent. */
  private async passGates(): Promise<void> {
    const { empty } = await this.step(() => this.worktree.inspectChange(this.ref));
    if (empty)
      throw new Unfinished({ code: 'command_failed', message: 'The agent finished without changing anything.' });
    while (!(await this.runGates('work'))) {
      if (this.rounds.repairsInVain < this.brief.maxRepairRounds) await this.repair({ reason: 'gate' });
      else await this.askToGoOn('gates', `Gates still fail after ${this.rounds.repairsInVain} repairs.`);
    }
    this.rounds.repairsInVain = 0;
  }

  private async runGates(phase: GatePhase): Promise<boolean> {
    const round = this.rounds.gates++;
    let allPassed = true;
    for (const gate of this.brief.gates) {
      await this.parts.orders.hold();
      await this.sayChecks(`Gate "${gate}" is running.`);
      const { state } = await this.worktree.runGate({ ...this.ref, phase, round, gate });
      allPassed &&= state === 'passed';
    }
    return allPassed;
  }

  /** True when a reviewer, or a person, has accepted the work as it stands. */
  private async passReview(): Promise<boolean> {
    await taskSteps.moveTask({ ...this.ref, to: 'review' });
    const round = this.rounds.reviews++;
    const { agentRunId } = await this.runReviewer(round);
    const { verdict, findings } = await taskSteps.recordReview({ ...this.ref, round, agentRunId });
    if (verdict === 'approve') return true;
    if (++this.rounds.reviewsInVain >= this.brief.maxReviewRounds) {
      await this.askToGoOn(
        'review',
        `The reviewer has asked for changes ${this.rounds.reviewsInVain} times; ${findings} findings are open. Approve to land it in spite of them.`,
      );
      this.rounds.reviewsInVain = 0;
      return true;
    }
    await taskSteps.moveTask({ ...this.ref, to: 'doing' });
    await this.repair({ reason: 'review' });
    return false;
  }

  /** True when the change is on the target branch; otherwise the work has been changed and must be checked again. */
  private async land(): Promise<boolean> {
    for (;;) {
      const landing = await this.runChangeRequest();
      switch (landing.state) {
        case 'merged':
          return true;
        case 'closed':
          throw new Unfinished({ code: 'conflict', message: landing.detail });
        case 'checkout_dirty':
          // Nothing has changed in the work itself, so what was checked still stands.
          await this.askToGoOn('checkout_dirty', landing.detail);
          break;
        case 'conflict':
        case 'gates_failed':
          await this.mendAfter(landing.state, landing.targetCommit);
          return false;
        default:
          assertNever(landing);
      }
    }
  }

  private async runChangeRequest(): Promise<ChangeRequestOutcome> {
    const { changeRequestId } = await taskSteps.prepareChangeRequest(this.ref);
    await this.parts.orders.hold();
    await this.parts.orders.waits.sayAtWork('Its change is being landed.');
    const { title, ...ids } = this.input;
    const child = await startChild(changeRequest, {
      workflowId: changeRequestId,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: summaryOf(`Land the change: ${title ?? ids.taskId}`),
      typedSearchAttributes: searchAttributesOf(ids),
      args: [
        {
          ...ids,
          changeRequestId,
          hostQueue: this.brief.hostQueue,
          gates: this.brief.gates,
          firstRound: this.rounds.landings++ * landingRounds,
        },
      ],
    });
    return this.parts.orders.follow(child);
  }

  private async mendAfter(state: 'conflict' | 'gates_failed', targetCommit: string): Promise<void> {
    if (++this.rounds.landingsInVain >= maxLandings) {
      await this.askToGoOn(
        'conflict',
        `It could not be landed after ${this.rounds.landingsInVain} tries; last: ${state}.`,
      );
      this.rounds.landingsInVain = 0;
    }
    await taskSteps.moveTask({ ...this.ref, to: 'doing' });
    await this.bringInTarget(targetCommit, state);
  }

  private async bringInTarget(targetCommit: string, because: 'conflict' | 'gates_failed'): Promise<void> {
    const { conflictingFiles } = await this.step(() => this.worktree.mergeTarget({ ...this.ref, targetCommit }));
    if (conflictingFiles.length > 0) await this.repair({ reason: 'conflict', conflictingFiles });
    else if (because === 'gates_failed') await this.repair({ reason: 'gate' });
  }

  private async repair(about: Pick<AgentRunOrder, 'reason' | 'conflictingFiles'>): Promise<void> {
    this.rounds.repairsInVain += 1;
    await this.runAgent({ kind: 'repair', round: this.rounds.repairs++, ...about });
  }

  /** Runs an agent on the worktree; a run that did not succeed ends the attempt. */
  private async runAgent(order: Omit<AgentRunOrder, keyof TaskRef | 'continues'>): Promise<void> {
    const continues = this.lastRun === null ? {} : { continues: this.lastRun };
    const { agentRunId, end } = await this.runOrdered({ ...this.ref, ...order, ...continues });
    if (end.failure) throw new Unfinished(end.failure);
    if (end.state !== 'succeeded')
      throw new Unfinished({ code: 'conflict', message: `Agent run ${agentRunId} ended as ${end.state}.` });
    this.lastRun = agentRunId;
  }

  private runReviewer(round: number): Promise<{ agentRunId: AgentRunId; end: AgentRunEnd }> {
    return this.runOrdered({ ...this.ref, kind: 'review', round });
  }

  private async runOrdered(order: AgentRunOrder): Promise<{ agentRunId: AgentRunId; end: AgentRunEnd }> {
    await this.parts.orders.hold();
    const { agentRunId } = await taskSteps.queueAgentRun(order);
    await this.parts.orders.waits.sayAtWork(agentAtWork[order.kind]);
    const { okrRunId, workspaceId, taskId, title } = this.input;
    const input = { agentRunId, okrRunId, workspaceId, taskId };
    const end = await followAgentRun(this.parts.orders, { kind: order.kind, title }, input);
    // It read the order before this attempt did: the attempt is cancelled too, it has not failed.
    if (end.state === 'cancelled') throw new CancelledFailure(`Agent run ${agentRunId} was cancelled.`);
    return { agentRunId, end };
  }

  /** Puts a deadlock before a person. Approved: on with fresh rounds. Otherwise the attempt ends, its branch kept. */
  private async askToGoOn(reason: Deadlock, detail: string): Promise<void> {
    const { gate, orders } = this.parts;
    const question = await taskSteps.askAboutTask({ ...this.ref, reason, round: this.rounds.questions++, detail });
    const asked = askedOfPerson(detail, question.approvalId);
    const { state } = await orders.waits.during(asked, () => gate.answer(question));
    if (state !== 'approved')
      throw new Unfinished({ code: 'conflict', message: `${detail} A person was asked: ${state}.` });
    this.rounds.repairsInVain = 0;
  }

  private sayChecks(detail: string): Promise<unknown> {
    return this.parts.orders.waits.say({ kind: 'checks', detail, releasableBy: ['fermata'] });
  }

  private async step<T>(work: () => Promise<T>): Promise<T> {
    await this.parts.orders.hold();
    return work();
  }
}
