/**
 * Brings the database up to date and makes sure that somebody can use it: the first workspace, its admin and a token in
 * FERMATA_TOKEN_FILE (mode 0600); and, where FERMATA_SECRET_KEYS_FILE is to have the keys of secrets, one key in it. Run before each start of an embedded Fermata and by hand for any other; repeating it
 * changes nothing. A token file that is lost, or whose token was revoked, is replaced by a new token.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isDomainError, type WorkspaceId } from '@fermata/contracts';
import {
  createDatabase,
  createPrincipal,
  createWorkspace,
  type Database,
  ensureKeyFile,
  findCaller,
  listWorkspaces,
  migrate,
  mintApiToken,
  openKeyRing,
} from '@fermata/database';
import { environmentOfProcess, readSetupConfig } from './config.js';

async function main(): Promise<void> {
  const { databaseUrl: url, tokenFile, secretKeys } = readSetupConfig(environmentOfProcess());
  if (secretKeys.file && !secretKeys.list) ensureKeyFile(secretKeys.file);
  // Refused here it is told once, by the program that everybody waits for.
  openKeyRing(secretKeys);
  const { applied } = await migrate({ url });
  const database = createDatabase({ url, poolSize: 2 });
  try {
    const workspaceId = (await listWorkspaces(database))[0] ?? (await createWorkspace(database, { name: 'default' }));
    const minted = await ensureToken(database, { workspaceId, tokenFile });
    process.stdout.write(`${JSON.stringify({ workspaceId, applied, minted })}\n`);
  } finally {
    await database.close();
  }
}

async function ensureToken(
  database: Database,
  { workspaceId, tokenFile }: { workspaceId: WorkspaceId; tokenFile: string },
): Promise<boolean> {
  const present = await readFile(tokenFile, 'utf8').catch(() => '');
  if (present !== '' && (await findCaller(database, present.trim()))) return false;
  const principalId = await createPrincipal(database, { workspaceId, kind: 'person', name: 'admin' });
  const { token } = await mintApiToken(database, { workspaceId, principalId, role: 'admin', mintedBy: 'fermata' });
  // By rename: whoever reads the file finds a whole token.
  const draft = `${tokenFile}.${process.pid}`;
  await writeFile(draft, `${token}\n`, { mode: 0o600 });
  await rename(draft, tokenFile);
  return true;
}

main().catch((error: unknown) => {
  process.stderr.write(`${isDomainError(error) ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
