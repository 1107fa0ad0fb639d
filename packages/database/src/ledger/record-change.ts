import { canonicalJson, type NewAuditEntry, type NewEvent } from '@fermata/contracts';
import type { Transaction } from '../client.js';
import { storable } from '../storable.js';

/** The channel on which `record_change` tells listeners that a workspace has new events; the payload is its id. */
export const eventChannel = 'fermata_events';

export interface Change {
  workspaceId: string;
  events: readonly NewEvent[];
  audit?: readonly NewAuditEntry[];
}

/**
 * Writes down what a transaction did: its events and audit entries. Call it as the last thing in the transaction.
 *
 * The SQL function `record_change` takes the row lock of the workspace's ledger head and keeps it until the commit,
 * so the cursors of a workspace become visible in order and without gaps: a reader that has seen cursor n will never
 * find a smaller one later. The price is that changes of one workspace commit one after the other.
 *
 * @throws DomainError nothing; an unknown workspace fails the transaction, which is a defect of the caller
 */
export async function recordChange(tx: Transaction, { workspaceId, events, audit = [] }: Change): Promise<void> {
  if (events.length === 0 && audit.length === 0) return;
  const eventRows = JSON.stringify(storable(events));
  const auditRows = JSON.stringify(
    storable(audit).map(({ detail, ...entry }) => ({ ...entry, detail: canonicalJson(detail) })),
  );
  await tx.$executeRaw`SELECT record_change(${workspaceId}, ${eventRows}::jsonb, ${auditRows}::jsonb)`;
}
