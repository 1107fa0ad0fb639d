import type { Database } from '../client.js';

export interface HostSign {
  id: string;
  /** Of the machine. */
  name: string;
  /** Of Fermata. */
  version: string;
  /** What its sandboxes hold back: see `Containment`. */
  containment: string;
  startedAt: Date;
}

export type HostRepository = ReturnType<typeof createHostRepository>;

/** The hosts that work for every workspace. Their times are those of the database, whatever a host's clock says. */
export function createHostRepository(database: Database) {
  return {
    /** Says that this host is alive. */
    async seen({ id, name, version, containment, startedAt }: HostSign): Promise<void> {
      await database.$executeRaw`
        INSERT INTO "host" ("id", "name", "version", "containment", "started_at", "last_seen_at")
        VALUES (${id}, ${name}, ${version}, ${containment}, ${startedAt}, clock_timestamp())
        ON CONFLICT ("id") DO UPDATE SET "name" = excluded."name", "version" = excluded."version",
          "containment" = excluded."containment", "started_at" = excluded."started_at",
          "last_seen_at" = excluded."last_seen_at", "stopped_at" = NULL`;
    },

    /** Says that it was stopped in order, so that nobody waits for a sign of it. */
    async stopped({ id }: Pick<HostSign, 'id'>): Promise<void> {
      await database.$executeRaw`UPDATE "host" SET "stopped_at" = clock_timestamp() WHERE "id" = ${id}`;
    },
  };
}
