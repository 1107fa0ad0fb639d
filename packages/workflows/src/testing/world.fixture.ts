import { randomBytes } from 'node:crypto';
import type {
  AgentRunId,
  AgentRuntime,
  ApprovalId,
  ApprovalOutcome,
  ChangeRequestId,
  KeyResultId,
  OkrRunId,
  PlannedCall,
  PlannedWork,
  TaskId,
  ToolClass,
  Waiting,
} from '@fermata/contracts';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { expect, vi } from 'vitest';
import { approvalDecided, ordersChanged } from '../messages.js';
import type { ActivityName, AllActivities, InputOf, ResultOf } from './all-activities.fixture.js';
import { defaultFakes } from './default-fakes.fixture.js';
import { LandingQueue } from './landing-queue.fixture.js';
import { lieAbout } from './truth.fixture.js';
import { atWork, WaitRows } from './wait-rows.fixture.js';

export interface LogEntry {
  name: ActivityName;
  input: unknown;
  queue: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
}

/** A call of an activity that is held until somebody lets it go on. */
export interface HeldCall {
  reached: Promise<void>;
  release(): void;
}

interface Hold {
  name: ActivityName;
  reach(): void;
  released: Promise<void>;
}

type Planned = PlannedWork['tasks'][number];

/** The database, the repository and the models as the workflows see them: one for each test, found by the key in its ids. */
export class World {
  readonly key = `w${randomBytes(5).toString('hex')}`;
  readonly okrRunId: OkrRunId = `okr_${this.key}`;
  readonly workspaceId = 'wsp_test' as const;
  readonly log: LogEntry[] = [];
  /** What the rows said that was not so, when an activity began. */
  readonly lies: string[] = [];
  readonly rows = new WaitRows(this.okrRunId, (id) => this.taskOf(id));
  readonly approvals = new Map<string, Omit<ApprovalOutcome, 'approvalId' | 'state'> & { state: string }>();
  readonly cancelledTasks = new Set<string>();
  orders = { paused: false, cancelled: false };
  okrState = 'drafting';
  plan: { tasks: Planned[]; keyResults: PlannedWork['keyResults'][number][] } = { tasks: [], keyResults: [] };
  gates: readonly string[] = ['lint', 'test'];
  maxRepairRounds = 1;
  maxReviewRounds = 2;
  maxParallelTasks = 2;
  maxSteps = 50;
  runtime: AgentRuntime = 'api';
  /** The run's agent has MCP servers. */
  asksMcpServers = false;
  /** How long every question stays open. */
  expiresInMs = 60_000;
  /** Whether a worktree that is released has changes. */
  changed = true;
  hostQueue = '';
  landings = new LandingQueue();
  handle: WorkflowHandle | undefined;

  private readonly scripts = new Map<string, PlannedCall[][]>();
  private readonly fakes: AllActivities = defaultFakes(this);
  private readonly queued: { name: ActivityName; answer: (input: never) => Promise<unknown> }[] = [];
  private readonly holds: Hold[] = [];

  taskId(name: string): TaskId {
    return `task_${this.key}-${name}`;
  }

  agentRunId(name: string): AgentRunId {
    return `run_${this.key}-${name}`;
  }

  changeRequestId(task: string): ChangeRequestId {
    return `cr_${this.key}-${task}`;
  }

  keyResultId(name: string): KeyResultId {
    return `kr_${this.key}-${name}`;
  }

  approvalId(name: string): ApprovalId {
    return `apr_${this.key}-${name}`;
  }

  /** The task that an agent run or a change request belongs to; null for the planner's. */
  taskOf(id: string): TaskId | null {
    const name = new RegExp(`_${this.key}-([a-z]+)`).exec(id)?.[1];
    return name === undefined || name === 'plan' || name === 'lone' ? null : this.taskId(name);
  }

  addTask(name: string, dependsOn: readonly string[] = []): TaskId {
    const taskId = this.taskId(name);
    this.plan.tasks.push({ taskId, attempt: 1, state: 'todo', dependsOn: dependsOn.map((id) => this.taskId(id)) });
    return taskId;
  }

  moveTask(taskId: string, state: Planned['state']): boolean {
    const at = this.plan.tasks.findIndex((task) => task.taskId === taskId);
    const task = this.plan.tasks[at];
    if (!task || task.state === state) return false;
    this.plan.tasks[at] = { ...task, state };
    return true;
  }

  /** What the model of an agent run asks for, turn after turn. Afterwards it finishes. */
  script(agentRunId: AgentRunId, ...turns: PlannedCall[][]): void {
    this.scripts.set(agentRunId, turns);
  }

  nextTurn(agentRunId: string): PlannedCall[] {
    return this.scripts.get(agentRunId)?.shift() ?? [call('finish', 'control')];
  }

  /** Steps an agent run has on record: one for each model call and each answered call. */
  stepsOf(agentRunId: string): number {
    const indexed: ActivityName[] = [
      'callModel',
      'runQuickTool',
      'runTool',
      'refuseCall',
      'acceptResult',
      'recordHumanAnswer',
      'recordSubtask',
      'addNote',
    ];
    const indexes = this.log
      .filter(({ name, state, input }) => {
        return (
          indexed.includes(name) && state === 'done' && (input as { agentRunId: string }).agentRunId === agentRunId
        );
      })
      .map(({ input }) => (input as { index: number }).index);
    return Math.max(-1, ...indexes) + 1;
  }

  /** The next call of this activity gives this result. */
  next<K extends ActivityName>(name: K, result: ResultOf<K>): void {
    this.nextDoes(name, async () => result);
  }

  /** The next call of this activity does this. */
  nextDoes<K extends ActivityName>(name: K, answer: (input: InputOf<K>) => Promise<ResultOf<K>>): void {
    this.queued.push({ name, answer });
  }

  /** Holds the next call of this activity before it does anything. */
  hold(name: ActivityName): HeldCall {
    let release = (): void => undefined;
    let reach = (): void => undefined;
    const reached = new Promise<void>((resolve) => void (reach = resolve));
    const released = new Promise<void>((resolve) => void (release = resolve));
    this.holds.push({ name, reach, released });
    return { reached, release };
  }

  /** Runs an activity as its worker does. */
  async call(name: ActivityName, input: unknown): Promise<unknown> {
    const entry: LogEntry = { name, input, queue: Context.current().info.taskQueue, state: 'running' };
    this.log.push(entry);
    const lie = lieAbout(this, name, input);
    if (lie !== null) this.lies.push(lie);
    try {
      await this.heldBack(name);
      const result = await this.answerOf(name)(input as never);
      entry.state = 'done';
      return result;
    } catch (error) {
      entry.state = Context.current().cancellationSignal.aborted ? 'cancelled' : 'failed';
      throw error;
    }
  }

  private answerOf(name: ActivityName): (input: never) => Promise<unknown> {
    const at = this.queued.findIndex((one) => one.name === name);
    if (at >= 0) return this.queued.splice(at, 1)[0]!.answer;
    const { [name]: fake } = this.fakes;
    return fake;
  }

  private async heldBack(name: ActivityName): Promise<void> {
    const at = this.holds.findIndex((one) => one.name === name);
    const hold = at < 0 ? undefined : this.holds.splice(at, 1)[0];
    if (!hold) return;
    const context = Context.current();
    const beat = setInterval(() => context.info.isLocal || context.heartbeat(), 50);
    hold.reach();
    await Promise.race([hold.released, context.cancelled]).finally(() => clearInterval(beat));
  }

  /** How the workflow of the test ended. Nothing it said of what it waits for on its way may have been false. */
  async result(): Promise<unknown> {
    const result: unknown = await this.handle?.result();
    expect(this.lies).toEqual([]);
    return result;
  }

  calls(name: ActivityName): LogEntry[] {
    return this.log.filter((entry) => entry.name === name);
  }

  inputs<K extends ActivityName>(name: K): InputOf<K>[] {
    return this.calls(name).map(({ input }) => input as InputOf<K>);
  }

  /** Names of the activities that were called, without records and turns to land, in order. */
  get steps(): ActivityName[] {
    const records: ActivityName[] = ['recordWaiting', 'readOrders', 'settleApproval', 'moveChangeRequest'];
    const turns: ActivityName[] = ['takeLandingTurn', 'leaveLandingQueue'];
    return this.log.map(({ name }) => name).filter((name) => ![...records, ...turns].includes(name));
  }

  openApproval(name: string): ApprovalId {
    const approvalId = this.approvalId(name);
    if (!this.approvals.has(approvalId))
      this.approvals.set(approvalId, { state: 'pending', reason: null, answer: null });
    return approvalId;
  }

  /** Decides without a nudge: as when the signal is lost. */
  decide(approvalId: string, state: 'approved' | 'denied' | 'void', answer: string | null = null): void {
    this.approvals.set(approvalId, { state, reason: null, answer });
  }

  /** Decides and nudges the workflow that waits. */
  async answer(
    approvalId: ApprovalId,
    state: 'approved' | 'denied' | 'void',
    answer: string | null = null,
  ): Promise<void> {
    this.decide(approvalId, state, answer);
    await this.nudge(approvalId);
  }

  /** The sweep's nudge, or the one that follows a decision. */
  async nudge(approvalId: ApprovalId, handle = this.handle): Promise<void> {
    await handle?.signal(approvalDecided, approvalId);
  }

  async pause(): Promise<void> {
    this.orders.paused = true;
    const waiting = { kind: 'human', detail: 'Paused. Resume it to go on.', releasableBy: ['operator'] } as const;
    this.rows.set(this.okrRunId, { ...waiting, subjectId: this.okrRunId });
    this.rows.runIsPaused = true;
    await this.tellOrders();
  }

  async resume(): Promise<void> {
    this.orders.paused = false;
    this.rows.runIsPaused = false;
    this.rows.set(this.okrRunId, atWork('Resumed.'));
    await this.tellOrders();
  }

  async cancel(): Promise<void> {
    this.orders.cancelled = true;
    await this.tellOrders();
  }

  async tellOrders(): Promise<void> {
    await this.handle?.signal(ordersChanged);
  }

  /** Waits until the row of `id` says exactly this of what it waits for. */
  async says(id: string, waiting: Partial<Waiting>): Promise<void> {
    await eventually(() => expect(this.rows.get(id)).toMatchObject(waiting));
  }

  /** Waits until the row says that it is paused. */
  async saysPaused(id: string): Promise<void> {
    await this.says(id, { kind: 'human', subjectId: this.okrRunId, releasableBy: ['operator'] });
  }

  /** Waits until the row says that it waits for the answer to this question. */
  async asks(id: string, approvalId: ApprovalId): Promise<void> {
    await this.says(id, { kind: 'human', subjectId: approvalId, releasableBy: ['approver'] });
    expect(this.approvals.get(approvalId)?.state).toBe('pending');
  }

  /** Waits until the activity has been called this often. */
  async called(name: ActivityName, times = 1): Promise<void> {
    await eventually(() => expect(this.calls(name).length).toBeGreaterThanOrEqual(times));
  }
}

/** A tool call of a model. Equal names and fingerprints are identical calls. */
export function call(
  name: string,
  toolClass: ToolClass | null,
  fingerprint = randomBytes(4).toString('hex'),
): PlannedCall {
  return { callId: `call-${randomBytes(4).toString('hex')}`, name, toolClass, fingerprint };
}

/** The limit only ends a hang. */
export function eventually(holds: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(holds, { timeout: 20_000, interval: 20 });
}

/** Long enough for a workflow that does not wait to do the next thing. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
}
