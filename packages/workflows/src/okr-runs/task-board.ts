import { type PlannedWork, settledTaskStates, type TaskId, type TaskState } from '@fermata/contracts';

export type PlannedTaskRow = PlannedWork['tasks'][number];

/** Which tasks may start, which run and which can never start: pure bookkeeping of one run. */
export class TaskBoard {
  private tasks = new Map<TaskId, PlannedTaskRow>();
  private readonly running = new Map<TaskId, PlannedTaskRow>();
  /** The last attempt of each task that ended here, as it ended. */
  private readonly ended = new Map<TaskId, PlannedTaskRow>();
  /** Grows with every change: a wait compares it. */
  changes = 0;

  constructor(
    rows: PlannedWork['tasks'],
    private readonly maxParallel: number,
  ) {
    this.refresh(rows);
  }

  /**
   * Takes over what the database says, as after a task was reopened. Running tasks keep running. Rows may have been read
   * before a task ended here: an attempt that has ended is not taken up again.
   */
  refresh(rows: PlannedWork['tasks']): void {
    this.tasks = new Map(rows.map((row) => [row.taskId, this.newer(row)]));
    this.changes += 1;
  }

  private newer(row: PlannedTaskRow): PlannedTaskRow {
    const ended = this.ended.get(row.taskId);
    return ended && ended.attempt >= row.attempt ? ended : row;
  }

  /** Tasks to start now, in plan order, within the slots that are free. */
  startable(): PlannedTaskRow[] {
    const ready = [...this.tasks.values()].filter(
      (task) => this.isWaiting(task) && task.dependsOn.every((id) => this.stateOf(id) === 'done'),
    );
    return ready.slice(0, Math.max(0, this.maxParallel - this.running.size));
  }

  begin(task: PlannedTaskRow): void {
    this.running.set(task.taskId, task);
  }

  /** The running attempt has ended. If the task was reopened meanwhile, its next attempt stands. */
  end(taskId: TaskId, state: TaskState): void {
    const begun = this.running.get(taskId);
    this.running.delete(taskId);
    this.changes += 1;
    if (!begun) return;
    const ended = { ...begun, state };
    this.ended.set(taskId, ended);
    const row = this.tasks.get(taskId);
    if (row) this.tasks.set(taskId, this.newer(row));
  }

  /** Nothing runs and nothing can be started. */
  get isSettled(): boolean {
    return this.running.size === 0 && this.startable().length === 0;
  }

  /** Tasks that never started because something they depend on was not done, with what stood in the way. */
  blocked(): { taskId: TaskId; because: TaskId[] }[] {
    return [...this.tasks.values()]
      .filter((task) => this.isWaiting(task))
      .map((task) => ({ taskId: task.taskId, because: task.dependsOn.filter((id) => this.stateOf(id) !== 'done') }));
  }

  private isWaiting(task: PlannedTaskRow): boolean {
    return !this.running.has(task.taskId) && !settledTaskStates.includes(task.state);
  }

  private stateOf(taskId: TaskId): TaskState | undefined {
    return this.tasks.get(taskId)?.state;
  }
}
