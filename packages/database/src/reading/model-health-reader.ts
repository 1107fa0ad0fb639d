import type { Database } from '../client.js';

/** A provider's model that calls do not go to right now. */
export interface UnwellModel {
  provider: string;
  host: string;
  model: string;
  circuit: string;
  failures: number;
  reason: string | null;
  since: Date;
  /** When it is asked again. */
  until: Date | null;
}

/** Providers serve every workspace: everybody may know which of them is away. */
export function createModelHealthReader(database: Database) {
  return {
    /** The one that is away for longest first. */
    unwell(): Promise<UnwellModel[]> {
      return database.$queryRaw<UnwellModel[]>`
        SELECT "provider", "host", "model", "circuit", "failures", "reason",
          coalesce("opened_at", "updated_at") AS "since",
          greatest("retry_not_before", CASE "circuit" WHEN 'open' THEN "open_until" WHEN 'half_open' THEN "probe_until" END) AS "until"
        FROM "model_provider_health" WHERE "circuit" <> 'closed' OR "retry_not_before" > clock_timestamp() ORDER BY "since", "host", "model"`;
    },
  };
}
