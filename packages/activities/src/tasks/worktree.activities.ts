import { isDomainError, type TaskRef, type WorktreeActivities } from '@fermata/contracts';
import { branchNameFor } from '@fermata/core/git';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { runGateOnce } from './run-gate-once.js';
import { runSetup } from './run-setup.js';
import { type TaskRow, trailersOf } from './task-texts.js';

interface OpenTask {
  workspace: Workspace;
  task: TaskRow;
}

async function openTask(deps: ActivityDeps, taskId: string): Promise<OpenTask> {
  const workspace = await openWorkspace(deps, 'task', taskId);
  return { workspace, task: await workspace.tasks.get(taskId) };
}

/** Commits whatever the agent left, so that what is looked at next is what there is. */
async function commitAll(deps: ActivityDeps, { workspace, task }: OpenTask): Promise<string> {
  const { signal } = activityScope();
  const agent = await workspace.agents.get(task.agentId);
  const { commit } = await deps.git.checkpoint({
    worktreePath: deps.git.worktreePath(task.id),
    message: task.title,
    trailers: trailersOf(task, agent.name),
    final: true,
    signal,
  });
  await workspace.tasks.recordBranch(task.id, { headCommit: commit });
  return commit;
}

/** Asked of git, because a crash may have kept the row from what the release has saved. */
async function hasWork(
  deps: ActivityDeps,
  { repositoryId, branch, baseCommit, headCommit }: TaskRow,
): Promise<boolean> {
  if (branch === null || baseCommit === null || headCommit === null) return false;
  const of = { repositoryId, ancestor: `refs/heads/${branch}`, descendant: baseCommit };
  try {
    return !(await deps.git.isAncestor(of));
  } catch (error) {
    // Somebody deleted the branch: what was last seen of it decides.
    if (!isDomainError(error) || error.retryable) throw error;
    return headCommit !== baseCommit;
  }
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
    if (!isDomainError(error) || error.retryable) throw error;
    await workspace.effects.abandon(key, error.message);
  }
}

export function createWorktreeActivities(deps: ActivityDeps): WorktreeActivities {
  return {
    async prepareWorktree({ taskId }: TaskRef) {
      const { workspace, task } = await openTask(deps, taskId);
      const { signal } = activityScope();
      const repository = await workspace.repositories.get(task.repositoryId);
      const { id: repositoryId, location, defaultBranch } = repository;
      const { headCommit } = await deps.git.syncMirror({ repositoryId, location, branch: defaultBranch, signal });
      const branch = task.branch ?? branchNameFor({ taskId, title: task.title });
      const baseCommit = task.baseCommit ?? headCommit;
      await workspace.tasks.recordBranch(taskId, { branch, baseCommit });
      const { head } = await deps.git.prepareWorktree({
        repositoryId,
        worktreeId: taskId,
        branch,
        baseCommit,
        signal,
      });
      await workspace.tasks.recordBranch(taskId, { headCommit: head });
      await runSetup(deps, { worktreeId: taskId, commands: repository.setupCommands });
      return { baseCommit };
    },

    async runGate(input) {
      const commitWork = async () => commitAll(deps, await openTask(deps, input.taskId));
      return runGateOnce(deps, input, commitWork);
    },

    async inspectChange({ taskId }) {
      const open = await openTask(deps, taskId);
      const headCommit = await commitAll(deps, open);
      const base = open.task.baseCommit ?? headCommit;
      const { empty } = await deps.git.diff({ worktreePath: deps.git.worktreePath(taskId), base, capBytes: 1 });
      return { empty, headCommit };
    },

    async mergeTarget({ taskId, targetCommit }) {
      const open = await openTask(deps, taskId);
      const agent = await open.workspace.agents.get(open.task.agentId);
      const { signal } = activityScope();
      const { state, files } = await deps.git.mergeTargetIntoWorktree({
        worktreePath: deps.git.worktreePath(taskId),
        targetCommit,
        trailers: trailersOf(open.task, agent.name),
        signal,
      });
      return { conflictingFiles: state === 'conflict' ? files : [] };
    },

    async releaseWorktree({ taskId, attempt }) {
      const { workspace, task } = await openTask(deps, taskId);
      // A later attempt works in it now.
      if (task.attempts > attempt) return { changed: await hasWork(deps, task) };
      const agent = await workspace.agents.get(task.agentId);
      const { repositoryId } = task;
      const trailers = trailersOf(task, agent.name);
      const { kept } = await deps.git.releaseWorktree({ repositoryId, worktreeId: taskId, trailers });
      const head = kept.find(({ ref }) => ref === `refs/heads/${task.branch}`)?.commit ?? task.headCommit;
      if (head) await workspace.tasks.recordBranch(taskId, { headCommit: head });
      const changed = await hasWork(deps, task);
      if (changed && head) await publishUnmerged(deps, { workspace, task }, head);
      return { changed };
    },
  };
}
