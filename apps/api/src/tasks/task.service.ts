import { Inject, Injectable } from '@nestjs/common';
import type { Database } from '@fermata/database';
import { retryTask } from '@fermata/database/orders';
import { ordersChanged } from '@fermata/workflows/messages';
import { type Caller, requireRole } from '../common/caller.js';
import { databaseToken } from '../common/tokens.js';
import { RunMessenger } from '../temporal/run-messenger.js';

@Injectable()
export class TaskService {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    private readonly messenger: RunMessenger,
  ) {}

  /** The row first, then the nudge. */
  async retry(caller: Caller, taskId: string) {
    requireRole(caller, 'operator');
    const task = await retryTask(this.database, caller, taskId);
    await this.messenger.signal(task.okrRunId, ordersChanged);
    return { task };
  }
}
