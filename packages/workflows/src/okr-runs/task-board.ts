import { type PlannedWork, settledTaskStates, type TaskId, type TaskState } from '@fermata/contracts';

export type PlannedTaskRow = PlannedWork['tasks'][number];

/** Which tasks may start, which run and which can never start: pure bookkeeping of one run. */
export class TaskBoard {
  private tasks = new Map<TaskId, PlannedTaskRow>();
  private readonly running = new Set<TaskId>();
  /** Grows with every change: a wait compares it. */
  changes = 0;

  constructor(
    rows: PlannedWork['tasks'],
    private readonly maxParallel: number,
  ) {
    this.refresh(rows);
  }

  /** Takes over what the database says, as after a task was reopened. Running tasks keep running. */
  refresh(rows: PlannedWork['tasks']): void {
    this.tasks = new Map(rows.map((row) => [row.taskId, row]));
    this.changes += 1;
  }

  /** Tasks to start now, in plan order, within the slots that are free. */
  startable(): PlannedTaskRow[] {
    const ready = [...this.tasks.values()].filter(
      (task) => this.isWaiting(task) && task.dependsOn.every((id) => this.stateOf(id) === 'done'),
    );
    return ready.slice(0, Math.max(0, this.maxParallel - this.running.size));
  }

  begin(taskId: TaskId): void {
    this.running.add(taskId);
  }

  end(taskId: TaskId, state: TaskState): void {
    this.running.delete(taskId);
    this.changes += 1;
    const task = this.tasks.get(taskId);
    if (task) this.tasks.set(taskId, { ...task, state });
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
