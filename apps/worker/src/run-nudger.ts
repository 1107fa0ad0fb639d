import type { RunNudger } from '@fermata/activities';
import { type ApprovalId, okrRunStart } from '@fermata/contracts';
import { approvalDecided, landingTurn, ordersChanged } from '@fermata/workflows/messages';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';

/** Starts and wakes workflows for activities. What is there already, or has ended, needs nothing. */
export function createRunNudger(client: Client): RunNudger {
  return {
    async startOkrRun(run) {
      const { workflowType, options } = okrRunStart(run);
      try {
        await client.workflow.start(workflowType, options);
        return true;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return false;
      }
    },

    ordersChanged: (workflowId) => ignoreEnded(client.workflow.getHandle(workflowId).signal(ordersChanged)),

    approvalDecided: (workflowId, approvalId) =>
      ignoreEnded(client.workflow.getHandle(workflowId).signal(approvalDecided, approvalId as ApprovalId)),

    landingTurn: (workflowId) => ignoreEnded(client.workflow.getHandle(workflowId).signal(landingTurn)),

    async isRunning(workflowId) {
      try {
        const { status } = await client.workflow.getHandle(workflowId).describe();
        return status.name === 'RUNNING';
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        return false;
      }
    },

    async cancel(workflowId) {
      await ignoreEnded(client.workflow.getHandle(workflowId).cancel());
    },
  };
}

async function ignoreEnded(message: Promise<unknown>): Promise<void> {
  await message.catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
}
