/**
 * What people have ordered about a run: pause, resume, cancel. The rows are the orders; `ordersChanged` only wakes.
 *
 * Each workflow of a run reads the orders for itself when it starts and whenever it is nudged, and passes the nudge on
 * to its children, so an order reaches every depth without one workflow trusting another's memory.
 */
import type { OkrRunId, TaskId, Waiting, WaitSubject } from '@fermata/contracts';
import {
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  isCancellation,
  setHandler,
  type Workflow,
} from '@temporalio/workflow';
import { ordersChanged } from '../messages.js';
import { records, wholeRecords } from '../record-activities.js';
import { Waits } from '../waiting/waits.js';

export interface OrdersScope {
  okrRunId: OkrRunId;
  taskId?: TaskId;
  /** Whose row says that it is paused. */
  subject: WaitSubject;
  /** The orders are read to the end though nobody follows them any more. */
  readsWhole?: boolean;
}

export class Orders {
  /** What the subject waits for. */
  readonly waits: Waits;
  private nudges = 1;
  private read = 0;
  private paused = false;
  private held = false;
  private readonly children = new Set<ChildWorkflowHandle<Workflow>>();
  private readonly work = new CancellationScope();
  private readonly listeners: (() => Promise<void>)[] = [];

  constructor(private readonly scope: OrdersScope) {
    this.waits = new Waits(scope.subject);
    setHandler(ordersChanged, () => {
      this.nudges += 1;
    });
  }

  /** How often somebody has changed something: waits that may be released by an order compare it. */
  get count(): number {
    return this.nudges;
  }

  /** Called after each reading of the orders. */
  onChange(listener: () => Promise<void>): void {
    this.listeners.push(listener);
  }

  /** Runs `work` so that a cancel order ends it, however deep it is. Orders are followed while it runs. */
  async obeyedBy<T>(work: () => Promise<T>): Promise<T> {
    return this.work.run(async () => {
      const watching = new CancellationScope();
      // Caught at once: a parent's cancellation ends the watch before the work, and nobody awaits it yet.
      const watch = watching.run(() => this.watch()).catch(ignoreCancellation);
      try {
        return await work();
      } finally {
        watching.cancel();
        await watch;
      }
    });
  }

  /** Whether the run is paused, as far as anybody has said up to now. */
  async isPaused(): Promise<boolean> {
    await condition(() => this.read >= this.nudges);
    return this.paused;
  }

  /**
   * Returns when the run is not paused. A paused one says so.
   *
   * A subject that has ended is not held: its last steps were taken in a task of the workflow that the server did not take, because an
   * order came meanwhile. They are taken again, to the same end.
   */
  async hold(): Promise<void> {
    for (;;) {
      // As in `isPaused`, without its extra await: that would shift what recorded histories have in order.
      await condition(() => this.read >= this.nudges);
      if (!this.paused) return;
      this.held = true;
      let hasEnded = false;
      await this.waits.during(paused(this.scope.okrRunId), (isOver) => {
        hasEnded = isOver;
        return condition(() => isOver || !this.paused);
      });
      this.held = false;
      if (hasEnded) return;
    }
  }

  /** Runs `work`, which a pause ends as a cancel would. Null: it was ended so, and is to be begun again after `hold`. */
  async unlessPaused<T>(work: () => Promise<T>): Promise<T | null> {
    const [working, watching] = [new CancellationScope(), new CancellationScope()];
    const watch = watching
      .run(() => condition(() => this.paused))
      .then(() => working.cancel())
      .catch(ignoreCancellation);
    try {
      return await working.run(work);
    } catch (error) {
      const isPause = isCancellation(error) && this.paused && !CancellationScope.current().consideredCancelled;
      if (!isPause) throw error;
      return null;
    } finally {
      watching.cancel();
      await watch;
    }
  }

  /** Keeps a child reachable for nudges until it has ended. */
  async follow<T extends Workflow>(child: ChildWorkflowHandle<T>): Promise<Awaited<ReturnType<T>>> {
    const handle = child as unknown as ChildWorkflowHandle<Workflow>;
    this.children.add(handle);
    try {
      return (await child.result()) as Awaited<ReturnType<T>>;
    } finally {
      this.children.delete(handle);
    }
  }

  private async watch(): Promise<void> {
    for (;;) {
      await condition(() => this.nudges > this.read);
      const upTo = this.nudges;
      const orders = await this.readOrders();
      this.read = upTo;
      this.paused = orders.paused;
      if (orders.cancelled) return this.work.cancel();
      // Resuming has said of the whole run that it is at work: who waits for something else says so again.
      const again = this.paused || this.held ? undefined : this.waits.repeat();
      await Promise.all([again, ...this.listeners.map((listener) => listener()), this.passOn()]);
    }
  }

  private readOrders(): ReturnType<typeof records.readOrders> {
    const { okrRunId, taskId, readsWhole } = this.scope;
    return (readsWhole ? wholeRecords : records).readOrders({ okrRunId, ...(taskId && { taskId }) });
  }

  private async passOn(): Promise<void> {
    // A child that has just ended cannot be told, and need not be.
    await Promise.all([...this.children].map((child) => child.signal(ordersChanged).catch(ignoreEnded)));
  }
}

function paused(okrRunId: OkrRunId): Waiting {
  return { kind: 'human', detail: 'Paused. Resume it to go on.', releasableBy: ['operator'], subjectId: okrRunId };
}

function ignoreEnded(error: unknown): void {
  if (isCancellation(error)) throw error;
}

function ignoreCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}
