import { DomainError } from '@fermata/contracts';
import { decodeBlobText, encodeBlobText } from '../blob-text.js';
import type { Transaction } from '../client.js';
import { sha256 } from '../digest-of.js';

/** Of the stored text, as UTF-8. */
export const maxBlobBytes = 20 * 1024 * 1024;

export type BlobRepository = ReturnType<typeof createBlobRepository>;

/** Large texts of a workspace, each stored once under the SHA-256 (hex) of its stored form (`blob-text.ts`). */
export function createBlobRepository(database: Transaction, workspaceId: string) {
  async function getMany(digests: readonly string[]): Promise<Map<string, string>> {
    const rows = await database.blob.findMany({ where: { workspaceId, digest: { in: [...digests] } } });
    const texts = new Map(rows.map((row) => [row.digest, decodeBlobText(row.content)]));
    const missing = digests.find((digest) => !texts.has(digest));
    if (missing !== undefined) throw new DomainError('not_found', `There is no blob ${missing}.`, { digest: missing });
    return texts;
  }

  return {
    /**
     * Stores a text and returns its digest. Storing it again changes nothing, not even its media type.
     * @throws DomainError `invalid_input` past 20 MB: cut it, and say in the text that it was cut
     */
    async put(text: string, mediaType: string): Promise<string> {
      const content = encodeBlobText(text);
      const size = Buffer.byteLength(content);
      if (size > maxBlobBytes) {
        const message = `A text of ${size} bytes cannot be stored: ${maxBlobBytes} is the most. Cut it first.`;
        throw new DomainError('invalid_input', message, { size, maxBlobBytes });
      }
      const digest = sha256(content);
      // Raw, because a client that inspects 20 MB of arguments takes its time.
      await database.$executeRaw`
        INSERT INTO "blob" ("workspace_id", "digest", "media_type", "size", "content", "created_at")
        VALUES (${workspaceId}, ${digest}, ${mediaType}, ${size}, ${content}, now()) ON CONFLICT DO NOTHING`;
      return digest;
    },

    /** @throws DomainError `not_found` */
    async get(digest: string): Promise<string> {
      const [text = ''] = (await getMany([digest])).values();
      return text;
    },

    /**
     * Texts by digest, in one query.
     * @throws DomainError `not_found`, naming the first digest that is missing
     */
    getMany,
  };
}
