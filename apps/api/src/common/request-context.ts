import type { Database, TokenCaller } from '@fermata/database';
import { createReader } from '@fermata/database/reading';
import type { RequestContext } from './caller.js';
import { createLoaders } from './loaders.js';

/** What the resolvers of one operation work with. */
export function createRequestContext(database: Database, caller: TokenCaller): RequestContext {
  const read = createReader(database, caller.workspaceId);
  return { caller, read, load: createLoaders(read) };
}
