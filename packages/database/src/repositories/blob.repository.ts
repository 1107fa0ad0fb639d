import { DomainError } from '@fermata/contracts';
import { decodeBlobText, encodeBlobText } from '../blob-text.js';
import type { Transaction } from '../client.js';
import { sha256 } from '../digest-of.js';
import { redacted, redactedJson } from '../storable.js';
import type { BlobCache } from './blob-cache.js';

/** Of the stored text, as UTF-8. */
export const maxBlobBytes = 20 * 1024 * 1024;

export type BlobRepository = ReturnType<typeof createBlobRepository>;

/** A text as it is stored. */
export interface StoredBlob {
  digest: string;
  mediaType: string;
  size: number;
  content: string;
  /** What it says: the text that was given, redacted. */
  text: string;
}

/** @throws DomainError `invalid_input` past 20 MB: cut it, and say in the text that it was cut */
export function toBlob(given: string, mediaType: string): StoredBlob {
  const text = mediaType === 'application/json' ? redactedJson(given) : redacted(given);
  const content = encodeBlobText(text);
  const size = Buffer.byteLength(content);
  if (size > maxBlobBytes) {
    const message = `A text of ${size} bytes cannot be stored: ${maxBlobBytes} is the most. Cut it first.`;
    throw new DomainError('invalid_input', message, { size, maxBlobBytes });
  }
  return { digest: sha256(content), mediaType, size, content, text };
}

/** The key of a text in a cache that workspaces share. */
export function cacheKey(workspaceId: string, digest: string): string {
  return `${workspaceId}:${digest}`;
}

/**
 * Large texts of a workspace, each stored once under the SHA-256 (hex) of its stored form (`blob-text.ts`).
 * With a cache, what was read once is not asked for again.
 */
export function createBlobRepository(database: Transaction, workspaceId: string, cache?: BlobCache) {
  async function read(digests: readonly string[]): Promise<Map<string, string>> {
    if (digests.length === 0) return new Map();
    const rows = await database.blob.findMany({ where: { workspaceId, digest: { in: [...digests] } } });
    const texts = new Map(rows.map((row) => [row.digest, decodeBlobText(row.content)]));
    for (const [digest, text] of texts) cache?.keep(cacheKey(workspaceId, digest), text);
    return texts;
  }

  async function getMany(digests: readonly string[]): Promise<Map<string, string>> {
    const known = new Map(digests.map((digest) => [digest, cache?.get(cacheKey(workspaceId, digest))]));
    const texts = await read([...known].flatMap(([digest, text]) => (text === undefined ? digest : [])));
    for (const [digest, text] of known) if (text !== undefined) texts.set(digest, text);
    const missing = digests.find((digest) => !texts.has(digest));
    if (missing !== undefined) throw new DomainError('not_found', `There is no blob ${missing}.`, { digest: missing });
    return texts;
  }

  return {
    /**
     * Stores a text and returns its digest. Storing it again changes nothing, not even its media type.
     * @throws as `toBlob`
     */
    async put(text: string, mediaType: string): Promise<string> {
      const { digest, size, content } = toBlob(text, mediaType);
      // Raw, because a client that inspects 20 MB of arguments takes its time.
      await database.$executeRaw`
        INSERT INTO "blob" ("workspace_id", "digest", "media_type", "size", "content", "created_at")
        VALUES (${workspaceId}, ${digest}, ${mediaType}, ${size}, ${content}, now()) ON CONFLICT DO NOTHING`;
      return digest;
    },

    /** @throws DomainError `not_found` */
    async get(digest: string): Promise<string> {
      return (await getMany([digest])).get(digest) ?? '';
    },

    /**
     * Texts by digest, in one query at most.
     * @throws DomainError `not_found`, naming the first digest that is missing
     */
    getMany,
  };
}
