/**
 * Looks at a repository and adds it to the workspace. Mostly short, so that the API can wait for it and answer with what is
 * wrong; the first fetch of a large repository may take long.
 *
 * Steps: look at the repository and add it, in one activity.
 * Messages: none; the result is the answer.
 * Survives: any crash; adding the same location twice gives the first.
 */
import {
  inspectionLimitMs,
  type RepositoryActivities,
  type RepositoryId,
  type RepositoryRequest,
} from '@fermata/contracts';
import { describedActivities } from '../described-activities.js';

const { addRepository } = describedActivities<RepositoryActivities>(
  {
    scheduleToCloseTimeout: inspectionLimitMs,
    heartbeatTimeout: 30_000,
    retry: { maximumAttempts: 5, initialInterval: 200 },
  },
  { addRepository: 'Look at the repository and add it' },
);

export async function repositoryInspection(request: RepositoryRequest): Promise<{ repositoryId: RepositoryId }> {
  return addRepository(request);
}
