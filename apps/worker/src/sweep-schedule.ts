import { hostQueue, mainQueue } from '@fermata/contracts';
import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';

/** Sees to it that this host is swept from now on. A schedule that is there takes on the new interval. */
export async function ensureSweepSchedule(
  client: Client,
  { hostId, everyMs }: { hostId: string; everyMs: number },
): Promise<void> {
  const scheduleId = `sweep-${hostId}`;
  const spec = { intervals: [{ every: everyMs }] };
  try {
    await client.schedule.create({
      scheduleId,
      spec,
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
      action: {
        type: 'startWorkflow',
        workflowType: 'sweep',
        workflowId: scheduleId,
        taskQueue: mainQueue,
        args: [{ hostQueue: hostQueue(hostId) }],
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update((schedule) => ({ ...schedule, spec }));
  }
}
