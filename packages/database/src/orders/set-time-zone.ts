import { DomainError } from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import type { OrderGiver } from './order-giver.js';
import { lockRunsOfWorkspace, reviseOrders } from './runs-below.js';

export interface TimeZoneSet {
  timeZone: string;
  /** Those that may wait for the end of a day, and are to be told. */
  okrRunIds: string[];
}

/**
 * Sets the zone in which the days of a workspace's budgets and reports begin.
 * @param zone an IANA name, in any case
 * @throws DomainError `invalid_input` for a name that the database does not know
 */
export function setTimeZone(database: Database, by: OrderGiver, zone: string): Promise<TimeZoneSet> {
  const { workspaceId: id, principalId: actor } = by;
  return inTransaction(database, async (tx) => {
    const timeZone = await knownZone(tx, zone);
    const okrRunIds = await lockRunsOfWorkspace(tx, id);
    const { timeZone: before } = await tx.workspace.findFirstOrThrow({ where: { id } });
    if (before === timeZone) return { timeZone, okrRunIds };
    await tx.workspace.updateMany({ where: { id }, data: { timeZone } });
    await reviseOrders(tx, id, okrRunIds);
    const audit = [{ actor, action: 'workspace.set_time_zone', subjectId: id, detail: { timeZone, before } }];
    await recordChange(tx, { workspaceId: id, events: [], audit });
    return { timeZone, okrRunIds };
  });
}

/** What every name is made of: anything else is not asked of the database. */
const zoneName = /^[A-Za-z0-9_+/-]{1,64}$/;

/** As the database writes it. What it takes beyond names (`FOO3`, `EST`) means other things to other programs. */
async function knownZone(tx: Transaction, zone: string): Promise<string> {
  const known = zoneName.test(zone)
    ? await tx.$queryRaw<{ name: string }[]>`
        SELECT "name" FROM pg_timezone_names
        WHERE lower("name") = lower(${zone}) AND ("name" ~ '^[A-Z][A-Za-z_]+/' OR "name" = 'UTC')`
    : [];
  if (known[0]) return known[0].name;
  throw new DomainError(
    'invalid_input',
    `there is no time zone "${zone}"; give an IANA name like Europe/Berlin or UTC`,
  );
}
