import type { EventType, JsonObject } from '@fermata/contracts';
import type { Transaction } from '../client.js';

/** One event in its place. Cursors of a workspace are consecutive, from 1. */
export interface EventRow {
  cursor: bigint;
  type: EventType;
  at: Date;
  subjectId: string | null;
  okrRunId: string | null;
  taskId: string | null;
  agentRunId: string | null;
  data: JsonObject;
}

export interface EventFilter {
  okrRunId?: string;
  types?: readonly EventType[];
}

export type EventRepository = ReturnType<typeof createEventRepository>;

/** What happened in a workspace, in order, without gaps (see `recordChange`). */
export function createEventRepository(database: Transaction, workspaceId: string) {
  return {
    /** The next events after a cursor (0 for all), at most `limit`. */
    async after(cursor: bigint, { limit = 200, okrRunId, types }: EventFilter & { limit?: number } = {}) {
      const rows = await database.event.findMany({
        where: {
          workspaceId,
          cursor: { gt: cursor },
          ...(okrRunId === undefined ? {} : { okrRunId }),
          ...(types === undefined ? {} : { type: { in: [...types] } }),
        },
        orderBy: { cursor: 'asc' },
        take: limit,
        omit: { workspaceId: true },
      });
      return rows.map((row): EventRow => ({ ...row, type: row.type as EventType, data: row.data as JsonObject }));
    },

    /** The cursor of the newest event; 0 when nothing has happened. */
    async latestCursor(): Promise<bigint> {
      const head = await database.ledgerHead.findUnique({ where: { workspaceId } });
      return head?.eventCursor ?? 0n;
    },
  };
}
