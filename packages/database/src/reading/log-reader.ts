import type { Database } from '../client.js';
import type { AuditEntry, Event } from '../generated/client.js';
import { type Page, pageOf, type PageRequest } from './page.js';

export interface EventRequest {
  first: number;
  /** Events after this place in the log; from its beginning when null. */
  after: bigint | null;
  okrRunId?: string;
}

/** What happened in one workspace, for subscribers and for auditors. */
export function createLogReader(database: Database, workspaceId: string) {
  return {
    /** In the order they happened. */
    async events({ first, after, okrRunId }: EventRequest): Promise<Page<Event>> {
      const rows = await database.event.findMany({
        where: { workspaceId, cursor: { gt: after ?? 0n }, ...(okrRunId !== undefined && { okrRunId }) },
        orderBy: { cursor: 'asc' },
        take: first + 1,
      });
      return pageOf(rows, first);
    },

    /** Newest first; `after` is the sequence of the last entry the reader has. */
    async auditEntries({ first, after }: PageRequest, subjectId?: string): Promise<Page<AuditEntry>> {
      const rows = await database.auditEntry.findMany({
        where: {
          workspaceId,
          ...(after !== null && { sequence: { lt: BigInt(after) } }),
          ...(subjectId !== undefined && { subjectId }),
        },
        orderBy: { sequence: 'desc' },
        take: first + 1,
      });
      return pageOf(rows, first);
    },
  };
}
