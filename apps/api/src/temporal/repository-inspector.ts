import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DomainError, mainQueue, type RepositoryId, type RepositoryRequest } from '@fermata/contracts';
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { temporalClientToken } from '../common/tokens.js';
import { domainErrorOf } from './workflow-failure.js';

const executionTimeoutMs = 60_000;
/** A little longer than the workflow has, so that its own end is what is answered. */
const patienceMs = executionTimeoutMs + 5_000;

export interface Inspection {
  request: RepositoryRequest;
  clientRequestId: string;
}

/** Lets a worker look at a repository, because this process touches no git. */
@Injectable()
export class RepositoryInspector {
  constructor(@Inject(temporalClientToken) private readonly temporal: Client) {}

  /**
   * The id of the repository once it has been added. Asking again with the same key joins an inspection under way.
   * @throws DomainError what the worker found wrong; `unavailable` when no worker looked in time
   */
  async inspect({ request, clientRequestId }: Inspection): Promise<RepositoryId> {
    const key = createHash('sha256').update(`${request.workspaceId}\n${clientRequestId}`).digest('hex').slice(0, 32);
    try {
      const { repositoryId } = await this.temporal.connection.withDeadline(Date.now() + patienceMs, () =>
        this.temporal.workflow.execute<(asked: RepositoryRequest) => Promise<{ repositoryId: RepositoryId }>>(
          'repositoryInspection',
          {
            workflowId: `inspect-${key}`,
            taskQueue: mainQueue,
            args: [request],
            workflowExecutionTimeout: executionTimeoutMs,
            workflowIdConflictPolicy: 'USE_EXISTING',
            staticSummary: 'Look at a repository and add it',
          },
        ),
      );
      return repositoryId;
    } catch (error) {
      if (error instanceof WorkflowFailedError) throw domainErrorOf(error);
      throw new DomainError(
        'unavailable',
        'nobody could look at the repository: Temporal or its workers cannot be reached; try again',
        {},
        { cause: error },
      );
    }
  }
}
