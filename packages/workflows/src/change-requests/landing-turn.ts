/**
 * The turn to land on a branch: one change request at a time is prepared, checked and moved to, so that none makes the
 * checks of another worthless.
 *
 * Messages: `landingTurn` (signal) only wakes; the queue in the database says whose turn it is.
 * Survives: any crash. Joining and leaving are safe to repeat; a lost nudge is made good by asking again after a while;
 * one that ends without leaving holds nobody up, because its change request is closed then, or the sweep drops it.
 */
import type { ChangeRequestId, LandingQueueActivities, LandingTurn, Waiting } from '@fermata/contracts';
import { CancellationScope, condition, patched, setHandler } from '@temporalio/workflow';
import { describedActivities } from '../described-activities.js';
import { landingTurn } from '../messages.js';
import type { Orders } from '../orders/orders.js';
import { databasePolicy } from '../policies.js';
import { records } from '../record-activities.js';

type Place = Extract<LandingTurn, { turn: false }>;

const { leaveLandingQueue } = describedActivities<LandingQueueActivities>(databasePolicy, {
  leaveLandingQueue: 'Give the turn to land to the next',
});

export class TurnToLand {
  /** Landings that began before there were turns go on without: moving the target is safe for them all the same. */
  private readonly takesTurns = patched('landing-turn');
  private nudges = 0;
  private joined = false;
  /** What had happened when the queue was last asked: what comes after that wakes. */
  private asked = { nudges: 0, orders: 0 };

  /** Make it before the first await, so that no early nudge is missed. */
  constructor(
    private readonly changeRequestId: ChangeRequestId,
    private readonly orders: Orders,
  ) {
    setHandler(landingTurn, () => {
      this.nudges += 1;
    });
  }

  /** Returns when the run is not paused and it is this one's turn. Until then it says what it waits for. */
  async take(): Promise<void> {
    for (;;) {
      await this.orders.hold();
      if (!this.takesTurns) return;
      this.joined = true;
      const place = await this.ask();
      if (place.turn || (await this.comesUp(place))) return;
    }
  }

  /** False when the run is paused: then the turn is with the next, and must be taken anew. */
  async keep(): Promise<boolean> {
    if (!this.takesTurns) {
      await this.orders.hold();
      return true;
    }
    if (!(await this.orders.isPaused())) return true;
    await this.leave();
    return false;
  }

  /** To be called at every end; what has not joined has nothing to leave. */
  async leave(): Promise<void> {
    if (!this.joined) return;
    const { changeRequestId } = this;
    await CancellationScope.nonCancellable(() => leaveLandingQueue({ changeRequestId }));
    this.joined = false;
  }

  /** True when the turn has come, false when the run was paused before. */
  private comesUp(first: Place): Promise<boolean> {
    const { waits } = this.orders;
    const wait = async (): Promise<boolean> => {
      for (let place = first; ;) {
        await condition(() => this.isWoken(), place.askAgainInMs, { summary: 'Ask again whose turn it is' });
        if (!(await this.keep())) return false;
        const now = await this.ask();
        if (now.turn) return true;
        if (now.ahead !== place.ahead || now.behind !== place.behind) await waits.say(turnAwaited(now));
        place = now;
      }
    };
    return waits.during(turnAwaited(first), wait, 'Its change is being landed.');
  }

  private isWoken(): boolean {
    return this.nudges > this.asked.nudges || this.orders.count > this.asked.orders;
  }

  private ask(): Promise<LandingTurn> {
    this.asked = { nudges: this.nudges, orders: this.orders.count };
    return records.takeLandingTurn({ changeRequestId: this.changeRequestId });
  }
}

function turnAwaited({ behind, ahead, targetBranch }: Place): Waiting {
  const detail = `Waits for its turn to land on ${targetBranch}; ${ahead} before it.`;
  return { kind: 'slot', detail, releasableBy: ['fermata'], subjectId: behind };
}
