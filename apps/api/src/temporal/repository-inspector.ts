import {
  DomainError,
  inspectionLimitMs,
  isDomainError,
  mainQueue,
  type RepositoryId,
  type RepositoryRequest,
} from '@fermata/contracts';
import { digestOf, newId } from '@fermata/database';
import type { repositoryInspection } from '@fermata/workflows';
import {
  type Client,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
} from '@temporalio/client';
import { domainErrorOf } from './workflow-failure.js';

/** A little longer than its activity has, so that the activity's own end is what is answered. */
const executionTimeoutMs = inspectionLimitMs + 5 * 60_000;
const startPatienceMs = 5_000;

export interface Inspection {
  request: RepositoryRequest;
  clientRequestId: string;
}

/** Lets a worker look at a repository, because this process touches no git. */
export class RepositoryInspector {
  /** @param patienceMs - how long one request waits for the outcome */
  constructor(
    private readonly temporal: Client,
    private readonly patienceMs: number,
  ) {}

  /**
   * The id of the repository once it has been added. Asking again with the same key joins the inspection under way, or
   * gives what the one before came to; one that failed is made again.
   * @throws DomainError what the worker found wrong; `idempotency_mismatch` when the key stands for another request;
   * `unavailable` when Temporal cannot be reached, `timeout` when no worker looked in time, with `underWay` in its details
   * while one may still do so
   */
  async inspect({ request, clientRequestId }: Inspection): Promise<RepositoryId> {
    const workflowId = `inspect-${digestOf([request.workspaceId, clientRequestId]).slice(0, 32)}`;
    const requestDigest = digestOf(request);
    try {
      await this.within(startPatienceMs, () => this.start(workflowId, { request, requestDigest }));
      const handle = this.temporal.workflow.getHandle<typeof repositoryInspection>(workflowId);
      const { memo } = await this.within(startPatienceMs, () => handle.describe());
      if (memo?.['requestDigest'] !== requestDigest) throw keyTaken(clientRequestId);
      return (await this.within(this.patienceMs, () => handle.result()).catch(asUnderWay)).repositoryId;
    } catch (error) {
      if (isDomainError(error)) throw error;
      if (error instanceof WorkflowFailedError) throw domainErrorOf(error);
      const message = 'nobody could look at the repository: Temporal cannot be reached; try again';
      throw new DomainError('unavailable', message, {}, { cause: error });
    }
  }

  private async start(workflowId: string, asked: { request: RepositoryRequest; requestDigest: string }): Promise<void> {
    const { request, requestDigest } = asked;
    try {
      await this.temporal.workflow.start<typeof repositoryInspection>('repositoryInspection', {
        workflowId,
        taskQueue: mainQueue,
        args: [{ ...request, repositoryId: newId('repo') }],
        memo: { requestDigest },
        workflowExecutionTimeout: executionTimeoutMs,
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        staticSummary: 'Look at a repository and add it',
      });
    } catch (error) {
      // It was added before: the result is still there.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  private within<T>(patienceMs: number, ask: () => Promise<T>): Promise<T> {
    return this.temporal.connection.withDeadline(Date.now() + patienceMs, ask);
  }
}

/** The server watches the same deadline and may see it first: it cancels the call then. Nothing here cancels one. */
function asUnderWay(error: unknown): never {
  if (!isGrpcDeadlineError(error) && !isGrpcCancelledError(error)) throw error;
  const message =
    'the repository is still being looked at, and will be added when that ends well; ask again with the same clientRequestId for the outcome';
  throw new DomainError('timeout', message, { underWay: true }, { cause: error });
}

function keyTaken(clientRequestId: string): DomainError {
  const message = `clientRequestId "${clientRequestId}" was used for another repository; choose a new one for a new request`;
  return new DomainError('idempotency_mismatch', message, { clientRequestId });
}
