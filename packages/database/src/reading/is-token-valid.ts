import type { Database } from '../client.js';

/** Whether a token that was found before still opens anything: for connections that outlive one request. */
export async function isTokenValid(database: Database, tokenId: string): Promise<boolean> {
  const row = await database.apiToken.findUnique({
    where: { id: tokenId },
    select: { revokedAt: true, expiresAt: true },
  });
  return row !== null && row.revokedAt === null && (row.expiresAt === null || row.expiresAt > new Date());
}
