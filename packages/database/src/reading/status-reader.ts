import {
  agentRunTransitions,
  ApprovalState,
  changeRequestTransitions,
  isFinal,
  okrRunTransitions,
  settledTaskStates,
  type StateTable,
} from '@fermata/contracts';
import type { Database } from '../client.js';

export interface StateCount {
  state: string;
  count: number;
}

/** How many items of one type wait for one kind of thing, and since when the longest does. */
export interface WaitCount {
  type: string;
  kind: string;
  count: number;
  since: Date;
}

export interface WorkspaceStatus {
  okrRuns: StateCount[];
  tasks: StateCount[];
  agentRuns: StateCount[];
  changeRequests: StateCount[];
  pendingApprovals: number;
  waiting: WaitCount[];
}

const finalStates = <State extends string>(table: StateTable<State>) =>
  (Object.keys(table) as State[]).filter((state) => isFinal(table, state));

/** What is going on in one workspace, in figures. */
export function createStatusReader(database: Database, workspaceId: string) {
  const where = { workspaceId };

  async function waiting(): Promise<WaitCount[]> {
    const rows = await database.$queryRaw<(Omit<WaitCount, 'count'> & { count: bigint })[]>`
      SELECT "type", "waiting_on"->>'kind' AS "kind", count(*) AS "count", min(("waiting_on"->>'since')::timestamptz) AS "since"
      FROM (
        SELECT 'OkrRun' AS "type", "waiting_on" FROM "okr_run"
        WHERE "workspace_id" = ${workspaceId} AND "state" <> ALL (${finalStates(okrRunTransitions)}::text[])
        UNION ALL SELECT 'Task', "waiting_on" FROM "task"
        WHERE "workspace_id" = ${workspaceId} AND "state" <> ALL (${[...settledTaskStates]}::text[])
        UNION ALL SELECT 'AgentRun', "waiting_on" FROM "agent_run"
        WHERE "workspace_id" = ${workspaceId} AND "state" <> ALL (${finalStates(agentRunTransitions)}::text[])
        UNION ALL SELECT 'ChangeRequest', "waiting_on" FROM "change_request"
        WHERE "workspace_id" = ${workspaceId} AND "state" <> ALL (${finalStates(changeRequestTransitions)}::text[])
      ) AS "open"
      WHERE "waiting_on" IS NOT NULL AND jsonb_typeof("waiting_on") = 'object'
      GROUP BY 1, 2 ORDER BY 1, 2`;
    return rows.map((row) => ({ ...row, count: Number(row.count) }));
  }

  return {
    async status(): Promise<WorkspaceStatus> {
      const by = ['state' as const];
      const _count = true;
      const [okrRuns, tasks, agentRuns, changeRequests, pendingApprovals, waits] = await Promise.all([
        database.okrRun.groupBy({ by, where, _count }),
        database.task.groupBy({ by, where, _count }),
        database.agentRun.groupBy({ by, where, _count }),
        database.changeRequest.groupBy({ by, where, _count }),
        database.approval.count({ where: { ...where, state: ApprovalState.pending } }),
        waiting(),
      ]);
      const counts = (groups: { state: string; _count: number }[]): StateCount[] =>
        groups.map((group) => ({ state: group.state, count: group._count }));
      return {
        okrRuns: counts(okrRuns),
        tasks: counts(tasks),
        agentRuns: counts(agentRuns),
        changeRequests: counts(changeRequests),
        pendingApprovals,
        waiting: waits,
      };
    },
  };
}
