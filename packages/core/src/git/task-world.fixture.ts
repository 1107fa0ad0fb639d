import { createWorld, type Repository, type World } from './repository.fixture.js';
import type { Git } from './index.js';

export const repositoryId = 'repo_1';
export const branch = 'fermata/work-00000001';
export const trailers = { 'Fermata-Task': 'task_1', 'Fermata-Agent': 'agt_1' };

export interface TaskWorld extends World {
  origin: Repository;
  git_: Git;
  base: string;
  /** The task's worktree. */
  work: Repository;
  prepare: () => Promise<{ path: string; head: string }>;
  save: (message?: string) => Promise<{ commit: string; tree: string; changed: boolean }>;
  prepareLanding: () => ReturnType<Git['prepareLanding']>;
  completeLanding: (commit: string, expectedTarget: string) => ReturnType<Git['completeLanding']>;
}

/** A repository with one commit, and a task's worktree on it. */
export async function createTaskWorld(fill: (origin: Repository) => void = () => undefined): Promise<TaskWorld> {
  const world = createWorld();
  const origin = world.repository();
  origin.write('a.txt', 'one\ntwo\nthree\n');
  origin.write('b.txt', 'b\n');
  fill(origin);
  const base = origin.commit('start');
  const git = world.git();
  await git.syncMirror({ repositoryId, location: origin.path });
  const order = { repositoryId, worktreeId: 'task_1', branch, baseCommit: base };
  const { path } = await git.prepareWorktree(order);
  return {
    ...world,
    origin,
    git_: git,
    base,
    work: world.at(path),
    prepare: () => git.prepareWorktree(order),
    save: (message = 'work') => git.checkpoint({ worktreePath: path, message, trailers }),
    prepareLanding: () =>
      git.prepareLanding({
        repositoryId,
        location: origin.path,
        worktreeId: 'landing_1',
        branch,
        baseCommit: base,
        targetBranch: 'main',
        message: 'Do the work',
        trailers,
      }),
    completeLanding: (commit, expectedTarget) =>
      git.completeLanding({ repositoryId, location: origin.path, commit, targetBranch: 'main', expectedTarget }),
  };
}
