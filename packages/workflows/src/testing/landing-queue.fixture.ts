import type { ChangeRequestId, LandingTurn } from '@fermata/contracts';
import type { WorkflowHandle } from '@temporalio/client';
import { landingTurn } from '../messages.js';

/** The queue of one target branch, as the database keeps it. Worlds that land on the same branch share one. */
export class LandingQueue {
  private turns: ChangeRequestId[] = [];
  private readonly taken = new Set<string>();
  /** Change requests that are final: they hold nobody up. */
  readonly ended = new Set<string>();
  /** The workflows that can be woken. */
  readonly handles = new Map<string, WorkflowHandle>();
  /** How long one that waits relies on being woken. */
  askAgainInMs = 60_000;
  losesNudges = false;

  /** Who is in it, oldest first. */
  get waiting(): ChangeRequestId[] {
    return this.turns.filter((id) => !this.ended.has(id));
  }

  take(id: ChangeRequestId): LandingTurn {
    if (!this.turns.includes(id)) this.turns.push(id);
    const ahead = this.waiting.indexOf(id);
    const behind = this.waiting[ahead - 1];
    if (behind) return { turn: false, behind, ahead, targetBranch: 'main', askAgainInMs: this.askAgainInMs };
    this.taken.add(id);
    return { turn: true };
  }

  async leave(id: ChangeRequestId): Promise<{ next: ChangeRequestId | null }> {
    this.turns = this.turns.filter((one) => one !== id);
    this.taken.delete(id);
    const [first = null] = this.waiting;
    const next = first !== null && this.taken.has(first) ? null : first;
    if (next !== null && !this.losesNudges) await this.handles.get(next)?.signal(landingTurn);
    return { next };
  }
}
