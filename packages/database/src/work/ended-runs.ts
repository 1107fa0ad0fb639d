import type { Database } from '../client.js';

/** Those of these agent runs that have ended, or are not there; of every workspace, for a host that works for them all. */
export async function endedAmong(database: Database, agentRunIds: readonly string[]): Promise<string[]> {
  if (agentRunIds.length === 0) return [];
  const open = await database.agentRun.findMany({
    where: { id: { in: [...agentRunIds] }, endedAt: null },
    select: { id: true },
  });
  const isOpen = new Set(open.map(({ id }) => id));
  return agentRunIds.filter((id) => !isOpen.has(id));
}
