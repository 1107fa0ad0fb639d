import type { HostStanding } from '@fermata/contracts';
import type { Database } from '../client.js';

export interface HostRow extends HostStanding {
  containment: string;
}

/** Hosts serve every workspace: everybody may know whether somebody works. */
export function createHostReader(database: Database) {
  return {
    /** The one heard of last first. One that was silent for a week is left out: nobody expects it back. */
    hosts(): Promise<HostRow[]> {
      return database.$queryRaw<HostRow[]>`
        SELECT "id", "name", "version", "containment", "started_at" AS "startedAt", "last_seen_at" AS "lastSeenAt",
          "stopped_at" AS "stoppedAt",
          greatest(0, extract(epoch FROM clock_timestamp() - "last_seen_at") * 1000)::float8 AS "silentMs"
        FROM "host" WHERE "last_seen_at" > clock_timestamp() - interval '7 days' ORDER BY "last_seen_at" DESC`;
    },
  };
}
