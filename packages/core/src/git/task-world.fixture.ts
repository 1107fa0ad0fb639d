import { rmSync } from 'node:fs';
import { join } from 'node:path';
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

export interface FinishedTask extends TaskWorld {
  /** The prepared commit. */
  landing: string;
}

/** A task that changed a file, added one, removed one and turned one into a folder. */
export async function finishedTask(fill?: Parameters<typeof createTaskWorld>[0]): Promise<FinishedTask> {
  const world = await createTaskWorld((repository) => {
    repository.write('old', 'old\n');
    repository.write('becomes-folder', 'x\n');
    fill?.(repository);
  });
  world.work.write('a.txt', 'one\nmine\nthree\n');
  world.work.write('sub/new', 'new\n');
  rmSync(join(world.work.path, 'old'));
  rmSync(join(world.work.path, 'becomes-folder'));
  world.work.write('becomes-folder/inside', 'y\n');
  await world.save();
  const prepared = await world.prepareLanding();
  if (prepared.state !== 'prepared') throw new Error(prepared.state);
  return { ...world, landing: prepared.commit };
}
