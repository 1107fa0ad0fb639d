import { Inject, Injectable } from '@nestjs/common';
import { assertBudgetLimit, BudgetScope, DomainError } from '@fermata/contracts';
import type { Database } from '@fermata/database';
import { type BudgetOrder, setBudget, setTimeZone } from '@fermata/database/orders';
import { ordersChanged } from '@fermata/workflows/messages';
import { type Caller, requireRole } from '../common/caller.js';
import { databaseToken } from '../common/tokens.js';
import { RunMessenger } from '../temporal/run-messenger.js';
import type { SetBudgetInput } from './budget.input.js';

@Injectable()
export class BudgetService {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    private readonly messenger: RunMessenger,
  ) {}

  async set(caller: Caller, input: SetBudgetInput) {
    requireRole(caller, 'admin');
    const { period, limitMicros = null } = input;
    assertBudgetLimit(limitMicros);
    const order = { ...subjectOf(caller, input), period, limitMicros };
    const { budget, okrRunIds } = await setBudget(this.database, caller, order);
    await this.tell(okrRunIds);
    return { budget };
  }

  async setTimeZone(caller: Caller, zone: string) {
    requireRole(caller, 'admin');
    const { timeZone, okrRunIds } = await setTimeZone(this.database, caller, zone);
    await this.tell(okrRunIds);
    return { timeZone };
  }

  /** Runs that may wait for the money look again. */
  private async tell(okrRunIds: readonly string[]): Promise<void> {
    await Promise.all(okrRunIds.map((id) => this.messenger.signal(id, ordersChanged)));
  }
}

function subjectOf(caller: Caller, input: SetBudgetInput): Pick<BudgetOrder, 'scope' | 'subjectId'> {
  const { okrRunId, scope, subjectId } = input;
  if (okrRunId != null && scope == null && subjectId == null) return { scope: BudgetScope.okrRun, subjectId: okrRunId };
  if (okrRunId == null && scope != null && subjectId != null) return { scope, subjectId };
  if (okrRunId == null && scope === BudgetScope.workspace) return { scope, subjectId: caller.workspaceId };
  throw new DomainError(
    'invalid_input',
    'say what the budget is for: scope and subjectId, or okrRunId alone, or the scope workspace for your own',
  );
}
