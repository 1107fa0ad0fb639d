import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities({ startToCloseTimeout: '10 seconds' });

/** So many activities one after the other, with nothing in them. */
export async function floor(activities) {
  for (let count = 0; count < activities; count += 1) await nothing();
}
