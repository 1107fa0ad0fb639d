/**
 * One approved attempt at an objective.
 *
 * Steps: draft objective, key results and tasks → approval → measure the baseline → tasks by dependency → measure again
 * → report. Key results are never measured before approval: their commands come from a model.
 * Messages: `ordersChanged` (pause, resume, cancel, budget raised, task reopened), `approvalDecided`.
 * Survives: any crash. Every phase is recorded on its row, every child has the id of its row, and orders are rows.
 */
import type {
  MeasurementPhase,
  OkrRunInput,
  OkrRunMoved,
  OkrRunState,
  PlannedWork,
  PlanQuestion,
  TaskOutcome,
  TaskRunInput,
  Waiting,
} from '@fermata/contracts';
import { summaryOf } from '@fermata/contracts';
import { CancellationScope, condition, isCancellation, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { followAgentRun } from '../agent-runs/follow-agent-run.js';
import { type ApprovalGate, openApprovalGate } from '../approvals/approval-gate.js';
import { failureOf, isSettleable } from '../failures.js';
import { Orders } from '../orders/orders.js';
import { searchAttributesOf } from '../search-attributes.js';
import { taskRun } from '../tasks/task-run.workflow.js';
import { taskSteps } from '../tasks/task-steps.js';
import { askedOfPerson } from '../waiting/waits.js';
import { measureKeyResult, okrSteps, queuePlanning } from './okr-run-steps.js';
import { type PlannedTaskRow, TaskBoard } from './task-board.js';

export async function okrRun(input: OkrRunInput): Promise<{ state: OkrRunState }> {
  const { okrRunId } = input;
  const gate = openApprovalGate();
  const orders = new Orders({ okrRunId, subject: { type: 'okr_run', id: okrRunId } });
  try {
    return await orders.obeyedBy(() => new OkrRunProcess(input, gate, orders).run());
  } catch (error) {
    if (!isSettleable(error)) throw error;
    return CancellationScope.nonCancellable(() =>
      isCancellation(error) ? cancelled(okrRunId) : failed(okrRunId, error),
    );
  }
}

async function cancelled(okrRunId: OkrRunInput['okrRunId']): Promise<{ state: OkrRunState }> {
  await okrSteps.concludeCancelled({ okrRunId });
  return { state: 'cancelled' };
}

async function failed(okrRunId: OkrRunInput['okrRunId'], error: unknown): Promise<{ state: OkrRunState }> {
  await okrSteps.moveOkrRun({ okrRunId, to: 'failed', failure: failureOf(error) });
  return { state: 'failed' };
}

class OkrRunProcess {
  constructor(
    private readonly input: OkrRunInput,
    private readonly gate: ApprovalGate,
    private readonly orders: Orders,
  ) {}

  async run(): Promise<{ state: OkrRunState }> {
    const { okrRunId } = this.input;
    const brief = await okrSteps.loadOkrRun({ okrRunId });
    if (brief.ended) return { state: brief.state };

    const decision = await this.planAndAsk();
    if (decision !== 'running') return { state: decision };

    const work = await okrSteps.listPlannedWork({ okrRunId });
    await this.measure(work, 'baseline');
    await this.runTasks(work, brief.maxParallelTasks);
    await this.measure(work, 'final');
    await this.orders.hold();
    return okrSteps.concludeOkrRun({ okrRunId });
  }

  private async planAndAsk(): Promise<OkrRunState> {
    const { okrRunId } = this.input;
    const { waits } = this.orders;
    await this.orders.hold();
    await waits.sayAtWork('An agent drafts the plan.');
    const { agentRunId } = await queuePlanning({ okrRunId });
    await followAgentRun(this.orders, { kind: 'plan' }, { ...this.input, agentRunId });
    await this.orders.hold();
    let question = await okrSteps.adoptPlan({ okrRunId, agentRunId });
    for (;;) {
      const { approvalId } = question;
      const timedOut = await waits.remembered(planAsked(question), () => this.gate.waitedInVain(question));
      await this.orders.hold();
      const decision = await okrSteps.settlePlanApproval({ okrRunId, approvalId, timedOut });
      if (decision.outcome !== 'asked_again') return decision.outcome === 'approved' ? 'running' : 'denied';
      question = decision.question;
      await waits.say(planAsked(question));
    }
  }

  private async measure({ keyResults }: PlannedWork, phase: MeasurementPhase): Promise<void> {
    for (const { keyResultId } of keyResults) {
      await this.orders.hold();
      const turn = await measureKeyResult({ okrRunId: this.input.okrRunId, keyResultId, phase });
      if (turn.outcome !== 'asked') continue;
      const asked = askedOfPerson('Somebody has to say the value of a key result.', turn.approvalId);
      const timedOut = await this.orders.waits.remembered(asked, () => this.gate.waitedInVain(turn));
      await okrSteps.recordMeasurementAnswer({ keyResultId, phase, approvalId: turn.approvalId, timedOut });
    }
  }

  /** Returns when the run has gone on to measuring: as long as it is at work on tasks, one may be reopened. */
  private async runTasks(work: PlannedWork, maxParallel: number): Promise<void> {
    const board = new TaskBoard(work.tasks, maxParallel);
    this.orders.onChange(() => this.refresh(board));
    do await this.workOff(board);
    while (!(await this.goOnToMeasuring(board)));
  }

  private async refresh(board: TaskBoard): Promise<void> {
    board.refresh((await okrSteps.listPlannedWork({ okrRunId: this.input.okrRunId })).tasks);
  }

  private async workOff(board: TaskBoard): Promise<void> {
    const running = new Set<Promise<void>>();
    try {
      while (!board.isSettled) {
        await this.orders.hold();
        for (const task of board.startable()) running.add(this.runOnBoard(board, task));
        const { changes } = board;
        await condition(() => board.changes > changes);
      }
    } finally {
      await Promise.allSettled(running);
    }
  }

  /** False when there is something to work off again. What is blocked is skipped only once nobody can change that. */
  private async goOnToMeasuring(board: TaskBoard): Promise<boolean> {
    await this.orders.hold();
    if (!board.isSettled) return false;
    await Promise.all(board.blocked().map((blocked) => okrSteps.skipTask(blocked)));
    const move = { okrRunId: this.input.okrRunId, to: 'measuring' } as const;
    const answer = (await okrSteps.moveOkrRun(move)) as OkrRunMoved | undefined;
    // Histories from before there was an answer have none: those runs had moved.
    if (answer?.moved !== false) return true;
    await this.refresh(board);
    return false;
  }

  private async runOnBoard(board: TaskBoard, task: PlannedTaskRow): Promise<void> {
    const { taskId, attempt, title } = task;
    board.begin(task);
    let outcome: TaskOutcome;
    try {
      outcome = await this.runTask({ ...this.input, taskId, attempt, ...(title !== undefined && { title }) });
    } catch (error) {
      // taskRun settles every failure itself; this one was ended from outside, so its row is settled here.
      const end: TaskOutcome = isCancellation(error)
        ? { state: 'cancelled', failure: null }
        : { state: 'failed', failure: failureOf(error) };
      outcome = await CancellationScope.nonCancellable(() => taskSteps.settleTask({ taskId, attempt, ...end }));
    }
    board.end(taskId, outcome.state);
  }

  private async runTask(input: TaskRunInput): Promise<TaskOutcome> {
    const child = await startChild(taskRun, {
      workflowId: `${input.taskId}-${input.attempt}`,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: summaryOf(`Task: ${input.title ?? 'from worktree to merge'}`),
      typedSearchAttributes: searchAttributesOf(input),
      args: [input],
    });
    return this.orders.follow(child);
  }
}

function planAsked({ approvalId }: PlanQuestion): Waiting {
  return askedOfPerson('The plan awaits approval.', approvalId);
}
