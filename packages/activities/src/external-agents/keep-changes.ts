import type { Segment } from './segment.js';

/** Work is a commit as soon as it exists. */
export async function keepChanges({ deps, run, worktree }: Segment): Promise<void> {
  await deps.git.checkpoint({
    worktreePath: worktree,
    message: 'Checkpoint of what the agent has changed',
    trailers: { 'Fermata-Task': run.taskId ?? run.okrRunId, 'Fermata-Agent-Run': run.id },
    ref: `refs/fermata/checkpoints/${run.id}/latest`,
  });
}
