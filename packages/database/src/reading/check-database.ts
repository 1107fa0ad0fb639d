import type { Database } from '../client.js';

/**
 * Whether the database answers and has our tables.
 * @throws whatever the driver says when it does not
 */
export async function checkDatabase(database: Database): Promise<void> {
  await database.ledgerHead.findFirst({ select: { workspaceId: true } });
}
