import type { RunNudger } from '@fermata/activities';
import { type ApprovalId, mainQueue, type OkrRunInput } from '@fermata/contracts';
import { approvalDecided, ordersChanged } from '@fermata/workflows/messages';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';

/** Starts and wakes workflows for the sweep. What is there already, or has ended, needs nothing. */
export function createRunNudger(client: Client): RunNudger {
  return {
    async startOkrRun({ id, workspaceId, repositoryId }) {
      const input = { okrRunId: id, workspaceId } as OkrRunInput;
      try {
        await client.workflow.start('okrRun', {
          workflowId: id,
          taskQueue: mainQueue,
          args: [input],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          staticSummary: 'OKR run: from goal to report',
          searchAttributes: { fermataWorkspace: [workspaceId], fermataOkrRun: [id], fermataRepository: [repositoryId] },
        });
        return true;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return false;
      }
    },

    ordersChanged: (workflowId) => ignoreEnded(client.workflow.getHandle(workflowId).signal(ordersChanged)),

    approvalDecided: (workflowId, approvalId) =>
      ignoreEnded(client.workflow.getHandle(workflowId).signal(approvalDecided, approvalId as ApprovalId)),

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
