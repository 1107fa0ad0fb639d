import { decodeBlobText } from '../blob-text.js';
import type { Database } from '../client.js';
import { indexBy } from './batch.js';

/** A stored text without the text. */
export interface BlobSummary {
  digest: string;
  mediaType: string;
  /** In bytes. */
  size: number;
}

/** Large texts of one workspace. */
export function createBlobReader(database: Database, workspaceId: string) {
  const where = (digests: readonly string[]) => ({ workspaceId, digest: { in: [...digests] } });

  return {
    async byDigest(digests: readonly string[]): Promise<Map<string, BlobSummary>> {
      const rows = await database.blob.findMany({
        where: where(digests),
        select: { digest: true, mediaType: true, size: true },
      });
      return indexBy(rows, (row) => row.digest);
    },

    /** The whole texts. */
    async texts(digests: readonly string[]): Promise<Map<string, string>> {
      const rows = await database.blob.findMany({ where: where(digests), select: { digest: true, content: true } });
      return new Map(rows.map((row) => [row.digest, decodeBlobText(row.content)]));
    },
  };
}
