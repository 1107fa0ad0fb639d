import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { type DataDirectory, explainDiskError } from '../data-directory.js';
import { explainServerFailure } from '../service/server-failure.js';
import { postgresMajor } from './postgres-binaries.js';
import type { PostgresUser } from './postgres-user.js';

/** A database cluster on disk and what is needed to run it. */
export interface Cluster {
  path: string;
  native: string;
  user: PostgresUser | undefined;
  password: string;
}

/**
 * As root, Postgres runs as a user who cannot pass through a private data directory. It does not have to: it is started
 * inside its cluster and told that the cluster is where it is.
 */
export function clusterArgument(cluster: Pick<Cluster, 'path' | 'user'>): string {
  return cluster.user !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : cluster.path;
}

export const superuser = 'fermata';

/**
 * The cluster of a data directory, made by initdb the first time. It is made beside its place and renamed into it, so a
 * crash half-way leaves none.
 * @throws DomainError `data_directory_unusable` for data of another major version or a lost password, `disk_full`
 */
export async function openCluster(
  directory: DataDirectory,
  native: string,
  user: PostgresUser | undefined,
): Promise<Cluster> {
  const path = directory.cluster;
  const version = await readText(join(path, 'PG_VERSION'));
  if (version === null) {
    await removeDrafts(directory);
    const password = randomBytes(24).toString('base64url');
    const cluster = { path, native, user, password };
    await initialise(directory, cluster);
    return cluster;
  }
  const major = postgresMajor(native);
  if (version !== major)
    throw unusable(
      path,
      `it was made by Postgres ${version} and this is Postgres ${major}. Dump it with the old version (pg_dump) and load it into a new data directory, or`,
    );
  const password = await readText(directory.postgresPassword);
  if (password === null)
    throw unusable(path, `its password file ${directory.postgresPassword} is missing. Restore that file, or`);
  return { path, native, user, password };
}

async function initialise(directory: DataDirectory, cluster: Cluster): Promise<void> {
  const draft = `${cluster.path}.${process.pid}.new`;
  const passwordDraft = `${directory.postgresPassword}.${process.pid}.new`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordDraft, `${cluster.password}\n`, { mode: 0o600 });
    if (cluster.user !== undefined) {
      await chown(draft, cluster.user.uid, cluster.user.gid);
      await chown(passwordDraft, cluster.user.uid, cluster.user.gid);
    }
    await runInitdb({ ...cluster, path: draft }, passwordDraft);
    if (cluster.user !== undefined) await chown(passwordDraft, 0, 0);
    await rename(passwordDraft, directory.postgresPassword);
    await rename(draft, cluster.path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    await rm(passwordDraft, { force: true });
    throw explainDiskError(error, directory.root);
  }
}

/** The password goes in as standard input opened from its file: no other path to it is open to the user initdb runs as. */
async function runInitdb(cluster: Cluster, passwordFile: string): Promise<void> {
  const input = await open(passwordFile, 'r');
  try {
    const args = [
      '-D',
      clusterArgument(cluster),
      '--username',
      superuser,
      '--pwfile',
      '/dev/stdin',
      '--auth',
      'scram-sha-256',
      '--encoding',
      'UTF8',
      '--locale',
      'C',
      '--locale-provider',
      'builtin',
      '--builtin-locale',
      'C.UTF-8',
      '--no-instructions',
      // One call for the whole file system instead of one for each of a thousand files: seconds on a busy disk.
      ...(process.platform === 'linux' ? ['--sync-method', 'syncfs'] : []),
    ];
    const child = spawn(join(cluster.native, 'bin', 'initdb'), args, {
      cwd: cluster.path,
      ...cluster.user,
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: [input.fd, 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    if (code !== 0)
      throw explainServerFailure({
        part: 'postgres',
        how: `initdb ended with exit code ${code}`,
        output,
        logFile: '(none yet)',
        dataPath: cluster.path,
      });
  } finally {
    await input.close();
  }
}

async function removeDrafts(directory: DataDirectory): Promise<void> {
  for (const name of await readdir(directory.root)) {
    if (/^postgres(-password)?\.\d+\.new$/.test(name))
      await rm(join(directory.root, name), { recursive: true, force: true });
  }
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

function unusable(path: string, reason: string): DomainError {
  return new DomainError(
    'data_directory_unusable',
    `The Postgres data in ${path} cannot be used: ${reason} move the directory away to begin with an empty one.`,
    { path },
  );
}
