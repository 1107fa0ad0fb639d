import type { TaskRef, WorktreeActivities } from '@fermata/contracts';
import { branchNameFor } from '@fermata/core/git';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { releaseTaskWorktree } from './release-task-worktree.js';
import { runGateOnce } from './run-gate-once.js';
import { runSetup } from './run-setup.js';
import { standingTaskWorktree } from './standing-worktree.js';
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
  await standingTaskWorktree({ deps, workspace }, task);
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
      await standingTaskWorktree({ deps, workspace: open.workspace }, open.task);
      const { state, files } = await deps.git.mergeTargetIntoWorktree({
        worktreePath: deps.git.worktreePath(taskId),
        targetCommit,
        trailers: trailersOf(open.task, agent.name),
        signal,
      });
      // From here on the change is what the branch has beyond this: what others have merged is not the task's.
      await open.workspace.tasks.recordBranch(taskId, { baseCommit: targetCommit });
      return { conflictingFiles: state === 'conflict' ? files : [] };
    },

    releaseWorktree: (ref) => releaseTaskWorktree(deps, ref),
  };
}
