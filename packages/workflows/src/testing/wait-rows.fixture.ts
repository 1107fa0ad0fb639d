import { summariseWaiting, type Waiting, type WaitingOn, type WaitSubject } from '@fermata/contracts';

export const atWork = (detail = 'At work.'): Waiting => ({ kind: 'work', detail, releasableBy: ['fermata'] });

/** What the rows say, bubbling up as the database does it: agent → task → run, change request → task. */
export class WaitRows {
  private readonly rows = new Map<string, Waiting>();
  /** Every recorded wait, oldest first. */
  readonly history: { id: string; waiting: Waiting }[] = [];
  /** While it is paused, the row of the run says so, whatever is recorded below. */
  runIsPaused = false;
  runWorksOnTasks = false;
  private readonly taskIds = new Set<string>();
  private readonly endedRuns = new Set<string>();

  constructor(
    private readonly okrRunId: string,
    private readonly taskOf: (id: string) => string | null,
  ) {}

  get(id: string): Waiting | undefined {
    return this.rows.get(id);
  }

  /** As an order does it: over everything. */
  set(id: string, waiting: Waiting): void {
    this.rows.set(id, waiting);
    this.history.push({ id, waiting });
  }

  remove(id: string): void {
    this.rows.delete(id);
    if (id.startsWith('run_')) this.endedRuns.add(id);
    if (this.taskIds.delete(id)) this.bubble();
  }

  /** False for an agent run that has ended. */
  record({ id }: WaitSubject, waiting: Waiting): boolean {
    if (this.endedRuns.has(id)) return false;
    this.recordOf(id, waiting);
    return true;
  }

  private recordOf(id: string, waiting: Waiting): void {
    if (id === this.okrRunId) {
      if (!this.runIsPaused) this.set(id, waiting);
      return;
    }
    this.set(id, waiting);
    // A subtask speaks for what its parent works on.
    if (waiting.kind === 'dependency' && waiting.subjectId?.startsWith('run_')) return;
    const task = this.taskOf(id);
    if (task === null) {
      if (!this.runIsPaused) this.set(this.okrRunId, waiting);
      return;
    }
    if (task !== id) this.set(task, waiting);
    this.taskIds.add(task);
    this.bubble();
  }

  private bubble(): void {
    if (this.runIsPaused || !this.runWorksOnTasks) return;
    const parts = [...this.taskIds].flatMap((id) => this.rows.get(id) ?? []);
    const summary = summariseWaiting(parts.map((part) => ({ ...part, since: '' }) as unknown as WaitingOn));
    if (summary) this.set(this.okrRunId, summary);
  }
}
