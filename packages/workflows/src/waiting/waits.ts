/**
 * What a workflow says its subject waits for: law 6. Each wait is said when it begins, and its end is said too, so that
 * no row asks a person for what has been answered.
 */
import type { Waiting, WaitingSaid, WaitSubject } from '@fermata/contracts';
import { CancellationScope, isCancellation, setCurrentDetails } from '@temporalio/workflow';
import { records } from '../record-activities.js';

export class Waits {
  /** What is waited for right now; null while a process of ours is at work. */
  private present: Waiting | null = null;
  /** Of this stretch of the workflow, in milliseconds. */
  private waited = 0;
  private waitingSince: number | null = null;

  constructor(private readonly subject: WaitSubject) {}

  /** How long the subject has waited in all, milliseconds of the workflow's own time. */
  get waitedMs(): number {
    return this.waited + (this.waitingSince === null ? 0 : Date.now() - this.waitingSince);
  }

  /** Null: by a worker of before, which did not tell whether the subject has ended. */
  say(waiting: Waiting): Promise<WaitingSaid | null> {
    this.nowWaitsFor(waiting.kind === 'work' ? null : waiting);
    setCurrentDetails(waiting.detail);
    return records.recordWaiting({ subject: this.subject, waiting });
  }

  /** Says that a process of ours is at it. */
  sayAtWork(detail: string): Promise<WaitingSaid | null> {
    return this.say(atWork(detail));
  }

  /** Says the present wait again, after an order may have overwritten what the rows above say. */
  async repeat(): Promise<void> {
    if (this.present) await this.say(this.present);
  }

  /**
   * Says that `waiting` is waited for as long as `wait` takes, and what is done afterwards.
   * @param wait is told whether the subject has ended, and nothing could be said
   */
  async during<T>(waiting: Waiting, wait: (isOver: boolean) => Promise<T>, afterwards = 'Going on.'): Promise<T> {
    try {
      const said = await this.say(waiting);
      const result = await wait(said?.over ?? false);
      await this.sayAtWork(afterwards);
      return result;
    } catch (error) {
      if (isCancellation(error)) await CancellationScope.nonCancellable(() => this.sayAtWork('It is being ended.'));
      throw error;
    }
  }

  /** The same for a wait that an activity has said already, and whose end another one says. */
  async remembered<T>(waiting: Waiting, wait: () => Promise<T>): Promise<T> {
    this.nowWaitsFor(waiting);
    setCurrentDetails(waiting.detail);
    try {
      return await wait();
    } finally {
      this.nowWaitsFor(null);
    }
  }

  private nowWaitsFor(waiting: Waiting | null): void {
    this.waited = this.waitedMs;
    this.waitingSince = waiting === null ? null : Date.now();
    this.present = waiting;
  }
}

function atWork(detail: string): Waiting {
  return { kind: 'work', detail, releasableBy: ['fermata'] };
}

/** A question in the inbox that only a person can close. */
export function askedOfPerson(detail: string, approvalId: string): Waiting {
  return { kind: 'human', detail, releasableBy: ['approver'], subjectId: approvalId };
}
