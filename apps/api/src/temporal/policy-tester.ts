import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DomainError, mainQueue, type PolicyDecision, type PolicyTestRequest } from '@fermata/contracts';
import type { policyTest } from '@fermata/workflows';
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { temporalClientToken } from '../common/tokens.js';
import { domainErrorOf } from './workflow-failure.js';

const patienceMs = 15_000;

/** Lets a worker judge a command line, because this process has no shell grammar. */
@Injectable()
export class PolicyTester {
  constructor(@Inject(temporalClientToken) private readonly temporal: Client) {}

  /** @throws DomainError `unavailable` when Temporal cannot be reached; `timeout` when no worker answers */
  async test(request: PolicyTestRequest): Promise<PolicyDecision> {
    try {
      return await this.temporal.connection.withDeadline(Date.now() + patienceMs + 5_000, () =>
        this.temporal.workflow.execute<typeof policyTest>('policyTest', {
          workflowId: `policy-test-${randomUUID()}`,
          taskQueue: mainQueue,
          args: [request],
          workflowExecutionTimeout: patienceMs,
          staticSummary: 'Judge a command line by a policy',
        }),
      );
    } catch (error) {
      if (error instanceof WorkflowFailedError) throw domainErrorOf(error);
      const message = 'nobody could judge the command: Temporal cannot be reached; try again';
      throw new DomainError('unavailable', message, {}, { cause: error });
    }
  }
}
