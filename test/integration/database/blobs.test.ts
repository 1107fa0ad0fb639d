import { createHash } from 'node:crypto';
import { createBlobRepository, inTransaction, maxBlobBytes, repositoriesFor } from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let workspaceId: string;
beforeEach(async () => void ({ workspaceId } = await makeWorkspace(held.database)));

const blobs = () => repositoriesFor(held.database, workspaceId).blobs;

describe('blobs', () => {
  it('are found by the SHA-256 of their text', async () => {
    const digest = await blobs().put('diff --git é 𝄐', 'text/x-diff');
    expect(digest).toBe(createHash('sha256').update('diff --git é 𝄐').digest('hex'));
    expect(await blobs().get(digest)).toBe('diff --git é 𝄐');
  });

  it.each(['', 'a\0b', '\ud834', 'x\udd1e\ud834y', '\uFDD0', '\\u0000'])('come back as they were: %j', async (text) => {
    expect(await blobs().get(await blobs().put(text, 'text/plain'))).toBe(text);
  });

  it('that differ in what Postgres cannot hold stay different', async () => {
    const digests = [];
    for (const text of ['\0', '\ud800', '\ud801', '\uFFFD', '\uFDD00000']) digests.push(await blobs().put(text, 't'));
    expect(new Set(digests).size).toBe(5);
  });

  it('are stored once, however often and by however many', async () => {
    await Promise.all(Array.from({ length: 8 }, () => blobs().put('same', 'text/plain')));
    expect(await held.database.blob.count({ where: { workspaceId } })).toBe(1);
  });

  it('hold twenty megabytes, and not a byte more', async () => {
    const largest = 'é'.repeat(maxBlobBytes / 2);
    expect(await blobs().get(await blobs().put(largest, 'text/plain'))).toBe(largest);
    await expect(blobs().put(`${largest}x`, 'text/plain')).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('are read many at a time, all or none', async () => {
    const [one, two] = [await blobs().put('one', 't'), await blobs().put('two', 't')];
    expect(await blobs().getMany([two, one, one])).toEqual(
      new Map([
        [one, 'one'],
        [two, 'two'],
      ]),
    );
    expect(await blobs().getMany([])).toEqual(new Map());
    await expect(blobs().getMany([one, 'missing'])).rejects.toMatchObject({
      code: 'not_found',
      details: { digest: 'missing' },
    });
  });

  it('written in a transaction that is undone are gone with it', async () => {
    let digest = '';
    const work = inTransaction(held.database, async (tx) => {
      digest = await createBlobRepository(tx, workspaceId).put('undone', 't');
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    await expect(blobs().get(digest)).rejects.toMatchObject({ code: 'not_found' });
  });
});
