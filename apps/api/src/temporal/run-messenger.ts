import { Inject, Injectable } from '@nestjs/common';
import { okrRunStart } from '@fermata/contracts';
import type { OkrRunRow } from '@fermata/database/reading';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import type { Logger } from 'pino';
import { loggerToken, temporalClientToken } from '../common/tokens.js';

/** An order waits no longer than this for Temporal: its row is written, and the sweep repeats what was not said. */
const patienceMs = 3_000;

/** Tells workflows that a row has changed. Never fails: what could not be said is said again by the sweep. */
@Injectable()
export class RunMessenger {
  constructor(
    @Inject(temporalClientToken) private readonly temporal: Client,
    @Inject(loggerToken) private readonly logger: Logger,
  ) {}

  /** Starts the run's workflow unless it has been started. */
  async startOkrRun(run: OkrRunRow): Promise<void> {
    const { workflowType, options } = okrRunStart(run);
    try {
      await this.inTime(() => this.temporal.workflow.start(workflowType, options));
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      const { id: okrRunId, workspaceId } = run;
      this.logger.warn({ okrRunId, workspaceId, err: error }, 'workflow not started; the sweep will start it');
    }
  }

  async signal<Args extends unknown[]>(
    workflowId: string,
    signal: SignalDefinition<Args>,
    ...args: Args
  ): Promise<void> {
    try {
      await this.inTime(() => this.temporal.workflow.getHandle(workflowId).signal(signal, ...args));
    } catch (error) {
      // It has ended, or was never started: then it reads the rows when it is.
      if (error instanceof WorkflowNotFoundError) return;
      this.logger.warn({ workflowId, signal: signal.name, err: error }, 'signal not sent; the sweep will repeat it');
    }
  }

  private inTime<T>(ask: () => Promise<T>): Promise<T> {
    return this.temporal.connection.withDeadline(Date.now() + patienceMs, ask);
  }
}
