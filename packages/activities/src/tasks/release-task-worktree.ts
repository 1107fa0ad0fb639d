import type { TaskRef } from '@fermata/contracts';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { cannotBeRead } from '../repositories/cannot-be-read.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { type TaskRow, trailersOf } from './task-texts.js';
import { hasWork } from './task-work.js';

/**
 * Law 4: everything in a task's worktree committed and on its branch, the row told of it, the branch shown to its people
 * where it did not land; only then the worktree goes. Says whether there were changes.
 */
export async function releaseTaskWorktree(
  deps: ActivityDeps,
  { taskId, attempt }: TaskRef,
): Promise<{ changed: boolean }> {
  const workspace = await openWorkspace(deps, 'task', taskId);
  const task = await workspace.tasks.get(taskId);
  // A later attempt works in it now.
  if (task.attempts > attempt) return { changed: await hasWork(deps, task) };
  await deps.background.endIn(taskId);
  const agent = await workspace.agents.get(task.agentId);
  const { repositoryId } = task;
  const trailers = trailersOf(task, agent.name);
  const { kept } = await deps.git.releaseWorktree({ repositoryId, worktreeId: taskId, trailers });
  const head = kept.find(({ ref }) => ref === `refs/heads/${task.branch}`)?.commit ?? task.headCommit;
  if (head) await workspace.tasks.recordBranch(taskId, { headCommit: head });
  const changed = await hasWork(deps, task);
  if (changed && head) await publishUnmerged(deps, { workspace, task }, head);
  return { changed };
}

interface OpenTask {
  workspace: Workspace;
  task: TaskRow;
}

/** Work that did not land is put where its people can find it: a branch of their own repository. */
async function publishUnmerged(deps: ActivityDeps, { workspace, task }: OpenTask, head: string): Promise<void> {
  const change = await workspace.changeRequests.latestOf(task.id);
  if (change?.state === 'merged' || task.branch === null) return;
  const { id: repositoryId, location } = await workspace.repositories.get(task.repositoryId);
  const { branch } = task;
  const key = `branch.keep:${task.id}:${head}`;
  const intent = { branch, head };
  const effect = await workspace.effects.intend({ kind: 'branch.keep', key, subjectId: task.id, intent });
  if (effect.state !== 'intended') return;
  try {
    const published = await deps.git.publishBranch({ repositoryId, location, branch, signal: activityScope().signal });
    await workspace.effects.settle(key, { ...published });
  } catch (error) {
    // The work is safe in the mirror. That their repository cannot take it now does not change what became of the task.
    if (!cannotBeRead(error)) throw error;
    await workspace.effects.abandon(key, error.message);
  }
}
