import {
  assertNever,
  type ChangeRequestId,
  type ChangeRequestRecordActivities,
  type RecordActivities,
  type WaitSubject,
} from '@fermata/contracts';
import type { Located } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { openWorkspace } from '../workspace.js';

function locatedAs(type: WaitSubject['type']): Located {
  switch (type) {
    case 'okr_run':
      return 'okrRun';
    case 'task':
      return 'task';
    case 'agent_run':
      return 'agentRun';
    case 'change_request':
      return 'changeRequest';
    default:
      return assertNever(type);
  }
}

/** How long one that waits to land relies on being woken. */
const askAgainInMs = 30_000;

export function createRecordActivities(deps: ActivityDeps): RecordActivities & ChangeRequestRecordActivities {
  return {
    async recordWaiting({ subject, waiting }) {
      const { waiting: waits } = await openWorkspace(deps, locatedAs(subject.type), subject.id);
      return { over: !(await waits.record({ subject, waiting })) };
    },

    async settleApproval({ approvalId, timedOut }) {
      const { approvals } = await openWorkspace(deps, 'approval', approvalId);
      if (timedOut) await approvals.expire(approvalId);
      return approvals.outcome(approvalId);
    },

    async readOrders(scope) {
      const { okrRuns } = await openWorkspace(deps, 'okrRun', scope.okrRunId);
      return okrRuns.readOrders(scope);
    },

    async moveChangeRequest({ changeRequestId, to }) {
      const { changeRequests } = await openWorkspace(deps, 'changeRequest', changeRequestId);
      await changeRequests.move(changeRequestId, to);
    },

    async takeLandingTurn({ changeRequestId }) {
      const { landingQueue } = await openWorkspace(deps, 'changeRequest', changeRequestId);
      const place = await landingQueue.take(changeRequestId);
      return place.turn ? place : { ...place, behind: place.behind as ChangeRequestId, askAgainInMs };
    },
  };
}
