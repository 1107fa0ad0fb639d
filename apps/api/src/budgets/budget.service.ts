import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '@fermata/contracts';
import type { Database } from '@fermata/database';
import { setBudget } from '@fermata/database/orders';
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

  async set(caller: Caller, { okrRunId, limitMicros }: SetBudgetInput) {
    requireRole(caller, 'admin');
    if (limitMicros != null && limitMicros <= 0) {
      throw new DomainError(
        'invalid_input',
        'limitMicros must be more than nothing; to stop a run, pause or cancel it',
      );
    }
    const budget = await setBudget(this.database, caller, { okrRunId, limitMicros: limitMicros ?? null });
    await this.messenger.signal(okrRunId, ordersChanged);
    return { budget };
  }
}
