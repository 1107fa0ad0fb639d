import { Inject, Injectable } from '@nestjs/common';
import { idPrefix, IdPrefix } from '@fermata/contracts';
import { createRedactor } from '@fermata/contracts/redaction';
import { type Database, repositoriesFor } from '@fermata/database';
import { cancelRun, cancelTask, editPlan, pauseRun, resumeRun, submitGoal } from '@fermata/database/orders';
import { createReader, type OkrRunRow } from '@fermata/database/reading';
import { approvalDecided, ordersChanged } from '@fermata/workflows/messages';
import { type Caller, requireRole } from '../common/caller.js';
import type { Catalogue } from '../common/catalogue.js';
import { catalogueToken, databaseToken } from '../common/tokens.js';
import { RunMessenger } from '../temporal/run-messenger.js';
import { planChanges } from './edit-plan.js';
import type { CancelRunInput, EditPlanInput, SubmitGoalInput } from './okr-run.input.js';
import { goalOf } from './submit-goal.js';
import { redactionWarnings, warningsOf } from './submission-warnings.js';

const tokensOnly = createRedactor();

/** Orders about runs: the row first, then the nudge. A crash between the two is repaired by the sweep. */
@Injectable()
export class OkrRunService {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    private readonly messenger: RunMessenger,
    @Inject(catalogueToken) private readonly catalogue: Catalogue,
  ) {}

  async submit(caller: Caller, input: SubmitGoalInput) {
    // With AUTO, whoever submits approves what nobody has seen yet.
    requireRole(caller, input.approval === 'AUTO' ? 'approver' : 'operator');
    const given = goalOf(input);
    // What is pasted into a goal reaches models, prompts and pull requests: a secret must not even be stored.
    const goal = { ...given, goal: tokensOnly.text(given.goal) };
    const okrRun = await submitGoal(this.database, caller, goal);
    await this.messenger.startOkrRun(okrRun);
    const agent = await repositoriesFor(this.database, caller.workspaceId).agents.get(okrRun.agentId);
    return { okrRun, warnings: [...redactionWarnings(given, goal), ...warningsOf(goal, agent, this.catalogue)] };
  }

  async editPlan(caller: Caller, input: EditPlanInput) {
    requireRole(caller, 'approver');
    const order = { okrRunId: input.okrRunId, changes: planChanges(input) };
    const { run: okrRun, voided } = await editPlan(this.database, caller, order);
    for (const approvalId of voided) await this.messenger.signal(okrRun.id, approvalDecided, approvalId);
    return { okrRun };
  }

  async pause(caller: Caller, id: string) {
    requireRole(caller, 'operator');
    return this.nudged(await pauseRun(this.database, caller, id));
  }

  async resume(caller: Caller, id: string) {
    requireRole(caller, 'operator');
    return this.nudged(await resumeRun(this.database, caller, id));
  }

  async cancel(caller: Caller, { id, reason }: CancelRunInput) {
    requireRole(caller, 'operator');
    const order = { id, reason: reason ?? null };
    if (idPrefix(id) !== IdPrefix.task) {
      return { ...(await this.nudged(await cancelRun(this.database, caller, order))), task: null };
    }
    const task = await cancelTask(this.database, caller, order);
    const okrRun = (await createReader(this.database, caller.workspaceId).okrRuns.byId([task.okrRunId])).get(
      task.okrRunId,
    );
    await this.messenger.signal(task.okrRunId, ordersChanged);
    return { okrRun, task };
  }

  private async nudged(okrRun: OkrRunRow) {
    await this.messenger.signal(okrRun.id, ordersChanged);
    return { okrRun };
  }
}
