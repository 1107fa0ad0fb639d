/**
 * A local change request: the way of one task's work onto the target branch.
 *
 * Steps: publish the branch, take the turn to land, put the change on top of the target in a clean worktree, run the
 * gates on exactly that commit, move the target to it if it is still where it was, give the turn on, record the merge.
 * A pause gives the turn on as well: what was prepared may be outdated afterwards, so it is prepared and checked again.
 * Messages: `ordersChanged` (pause, resume, cancel), `landingTurn`.
 * Survives: any crash. Publishing and landing are entries of the effect ledger and are found again by their key; landing
 * twice finds the first. When somebody from outside was quicker, the change is put on top of the new target and checked
 * again. The turn saves work, nothing more: without it the move of the target would be as safe.
 */
import type {
  ChangeRequestActivities,
  ChangeRequestInput,
  ChangeRequestOutcome,
  PreparedLanding,
  WorktreeActivities,
} from '@fermata/contracts';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { describedActivities } from '../described-activities.js';
import { Orders } from '../orders/orders.js';
import { worktreePolicy } from '../policies.js';
import { records } from '../record-activities.js';
import { TurnToLand } from './landing-turn.js';

type Steps = ChangeRequestActivities & Pick<WorktreeActivities, 'runGate'>;
type Prepared = Extract<PreparedLanding, { outcome: 'prepared' }>;

function stepsOn(hostQueue: string): Steps {
  return describedActivities<Steps>(
    { ...worktreePolicy, taskQueue: hostQueue },
    {
      publishChange: 'Publish the branch',
      prepareLanding: 'Put the change on top of the target',
      runGate: ({ gate }) => `Run the gate "${gate}" on the commit about to land`,
      completeLanding: 'Move the target branch',
      recordMerged: 'Record the merge',
    },
  );
}

export async function changeRequest(input: ChangeRequestInput): Promise<ChangeRequestOutcome> {
  const orders = new Orders({
    okrRunId: input.okrRunId,
    taskId: input.taskId,
    subject: { type: 'change_request', id: input.changeRequestId },
  });
  const { changeRequestId } = input;
  const turn = new TurnToLand(changeRequestId, orders);
  try {
    return await orders.obeyedBy(() => new Landing(input, turn).run());
  } catch (error) {
    if (isCancellation(error))
      await CancellationScope.nonCancellable(() => records.moveChangeRequest({ changeRequestId, to: 'closed' }));
    throw error;
  } finally {
    await turn.leave();
  }
}

class Landing {
  private readonly steps: Steps;
  private round: number;

  constructor(
    private readonly input: ChangeRequestInput,
    private readonly turn: TurnToLand,
  ) {
    this.steps = stepsOn(input.hostQueue);
    this.round = input.firstRound;
  }

  async run(): Promise<ChangeRequestOutcome> {
    const { changeRequestId } = this.input;
    await this.steps.publishChange({ changeRequestId });
    for (;;) {
      await this.turn.take();
      const prepared = await this.steps.prepareLanding({ changeRequestId, round: this.round });
      if (prepared.outcome !== 'prepared') return this.settleUnprepared(prepared);
      const outcome = await this.checkAndComplete(prepared);
      if (outcome) return outcome;
      this.round += 1;
    }
  }

  /** Null when it must be prepared again: the target moved, or a pause gave the turn to others. */
  private async checkAndComplete(prepared: Prepared): Promise<ChangeRequestOutcome | null> {
    const checks = await this.check();
    if (checks === 'failed') return this.gatesFailed(prepared);
    return checks === 'passed' && (await this.turn.keep()) ? this.complete(prepared) : null;
  }

  private async settleUnprepared(prepared: Exclude<PreparedLanding, Prepared>): Promise<ChangeRequestOutcome> {
    if (prepared.outcome === 'already_landed') return this.merged(prepared.commit);
    if (prepared.outcome === 'empty') {
      await this.move('closed');
      return { state: 'closed', detail: 'Its changes are on the target branch already, so there is nothing to land.' };
    }
    await this.move('changes_requested');
    return { state: 'conflict', targetCommit: prepared.targetCommit, files: prepared.files };
  }

  private async check(): Promise<'passed' | 'failed' | 'broken_off'> {
    await this.move('open');
    const { taskId, attempt } = this.input;
    let passed = true;
    for (const gate of this.input.gates) {
      if (!(await this.turn.keep())) return 'broken_off';
      const { state } = await this.steps.runGate({ taskId, attempt, phase: 'landing', round: this.round, gate });
      passed &&= state === 'passed';
    }
    return passed ? 'passed' : 'failed';
  }

  private async gatesFailed({ targetCommit }: Prepared): Promise<ChangeRequestOutcome> {
    await this.move('checks_failing');
    return { state: 'gates_failed', targetCommit };
  }

  /** Null when the target moved meanwhile. From here to the record it is not interrupted: it happens, or it does not. */
  private async complete({ commit, targetCommit }: Prepared): Promise<ChangeRequestOutcome | null> {
    await this.move('ready');
    return CancellationScope.nonCancellable(async () => {
      await this.move('merging');
      const landing = await this.steps.completeLanding({
        changeRequestId: this.input.changeRequestId,
        commit,
        targetCommit,
      });
      if (landing.outcome === 'landed') return this.merged(landing.commit);
      await this.move('ready');
      if (landing.outcome === 'target_moved') return null;
      const detail = landing.outcome === 'locked' ? landing.detail : dirtyDetail(landing.checkout, landing.files);
      return { state: 'checkout_dirty', detail };
    });
  }

  private async merged(commit: string): Promise<ChangeRequestOutcome> {
    // The branch is where the next one starts from, so that one need not wait for the record.
    await this.turn.leave();
    await CancellationScope.nonCancellable(() =>
      this.steps.recordMerged({ changeRequestId: this.input.changeRequestId, commit }),
    );
    return { state: 'merged', commit };
  }

  private move(to: 'open' | 'checks_failing' | 'changes_requested' | 'ready' | 'merging' | 'closed'): Promise<void> {
    return records.moveChangeRequest({ changeRequestId: this.input.changeRequestId, to });
  }
}

function dirtyDetail(checkout: string, files: readonly string[]): string {
  if (files.length === 0)
    return `The target branch is checked out at ${checkout}, where a merge, rebase or the like is under way. Conclude or abort it, then approve to land.`;
  const named = files.slice(0, 5).join(', ') + (files.length > 5 ? ` and ${files.length - 5} more` : '');
  return `The target branch is checked out at ${checkout} with uncommitted changes (${named}). Commit or stash them, then approve to land.`;
}
