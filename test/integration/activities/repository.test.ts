import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RepositoryRequest } from '@fermata/contracts';
import { newId, repositoriesFor } from '@fermata/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ActivityWorld, createActivityWorld, failureOf } from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';
import { makeRepository } from '../../support/small-repository.js';

const held = useDatabase();
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'fermata-repositories-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mirrors = (world: ActivityWorld) => readdirSync(join(world.dataDir, 'mirrors'));
const worktrees = (world: ActivityWorld) => readdirSync(join(world.dataDir, 'worktrees'));
const mirrorOf = (repositoryId: string) => `${repositoryId}.git`;

async function asked(name: string, more: Partial<RepositoryRequest> = {}) {
  const world = await createActivityWorld(held.database);
  const location = await makeRepository(join(folder, newId('repo')));
  const repositoryId = newId('repo');
  const { workspaceId, principalId } = world;
  const request = { workspaceId, principalId, repositoryId, location, name, ...more } as RepositoryRequest;
  const listed = () => repositoriesFor(world.database, workspaceId).repositories.list();
  return { world, repositoryId, request, listed };
}

describe('adding a repository', () => {
  it('gives it the id that was chosen for it, however often it is tried, and keeps one mirror', async () => {
    const { world, repositoryId, request, listed } = await asked('new');
    // What an attempt leaves behind whose worker was killed.
    const { headCommit: commit } = await world.deps.git.syncMirror({ repositoryId, location: request.location });
    const worktreeId = `${repositoryId}-inspect`;
    await world.deps.git.prepareDetachedWorktree({ repositoryId, worktreeId, commit });
    for (const attempt of [2, 3])
      expect(await world.run('addRepository', request, { attempt })).toEqual({ repositoryId });
    expect((await listed()).map(({ id }) => id)).toContain(repositoryId);
    expect(mirrors(world)).toEqual([mirrorOf(repositoryId)]);
    expect(worktrees(world)).toEqual([]);
  });

  it('that fails leaves neither a mirror nor a worktree', async () => {
    const { world, request } = await asked('demo');
    expect(await failureOf(world.run('addRepository', request))).toMatchObject({ type: 'conflict' });
    expect(mirrors(world)).toEqual([]);
    expect(worktrees(world)).toEqual([]);
  });

  it('that somebody else was quicker with gives theirs, and leaves no second mirror', async () => {
    const { world, request } = await asked('twice');
    const other = { ...request, repositoryId: newId('repo') };
    const [one, two] = await Promise.all([world.run('addRepository', request), world.run('addRepository', other)]);
    expect(one).toEqual(two);
    expect(mirrors(world)).toEqual([mirrorOf(one.repositoryId)]);
    expect(worktrees(world)).toEqual([]);
  });

  it('whose time is over adds nothing afterwards, and leaves its mirror to the attempt that follows', async () => {
    const { world, repositoryId, request, listed } = await asked('late');
    const inspected = world.deps.git.worktreePath(`${repositoryId}-inspect`);
    const before = await listed();
    const ended = world.run('addRepository', request, {
      watch: (environment) => {
        const looking = setInterval(() => {
          if (!existsSync(inspected)) return;
          clearInterval(looking);
          environment.cancel();
        }, 1);
      },
    });
    await expect(ended).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(await listed()).toEqual(before);
    expect(mirrors(world)).toEqual([mirrorOf(repositoryId)]);
    expect(await world.run('addRepository', request, { attempt: 2 })).toEqual({ repositoryId });
    expect(worktrees(world)).toEqual([]);
  });
});
