import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findTemporal, type Stack, startStack } from '@fermata/stack';
import { afterAll, beforeAll } from 'vitest';
import type { TestDatabase } from './postgres.js';

/** A Temporal server of this file's own, as `fermata up` starts it. Call it after `useDatabase`, with what that gave. */
export function useTemporal(held: TestDatabase): Stack {
  const stack = {} as Stack;
  let dataDir: string | undefined;
  beforeAll(async () => {
    const found = await findTemporal(process.env);
    if (!found) throw new Error('these tests need a Temporal server: run `npm test`, which fetches one');
    dataDir = await mkdtemp(path.join(tmpdir(), 'fermata-temporal-'));
    Object.assign(stack, await startStack({ dataDir, databaseUrl: held.url, temporalBinary: found.path }));
  });
  afterAll(async () => {
    await stack.stop?.();
    if (dataDir) await rm(dataDir, { recursive: true, force: true });
  });
  return stack;
}
