import type { EventRequest } from '@fermata/database/reading';
import { type PageArgs, pageRequest } from '../common/connection.js';
import { decodeEventCursor } from '../common/cursor.js';

export function eventRequest(page: PageArgs, okrRunId?: string | null): EventRequest {
  const { first } = pageRequest(page);
  return {
    first,
    after: page.after == null ? null : decodeEventCursor(page.after),
    ...(okrRunId != null && { okrRunId }),
  };
}
