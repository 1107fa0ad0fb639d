import {
  DomainError,
  type GateOutcome,
  type GatePhase,
  type GateState,
  SandboxPurpose,
  type TaskRef,
} from '@fermata/contracts';
import { runGate } from '@fermata/core/gates';
import { redacted } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { openWorkspace, type Workspace } from '../workspace.js';

interface GateOrder extends TaskRef {
  phase: GatePhase;
  round: number;
  gate: string;
}

const tailCharacters = 2_000;

/**
 * Runs a gate where its phase says, keeps the outcome, and gives an outcome kept before without running again.
 * The outcome names the commit that was looked at: `commitWork` makes it of what the task's worktree holds; in the landing's
 * it is checked out already.
 */
export async function runGateOnce(
  deps: ActivityDeps,
  order: GateOrder,
  commitWork: () => Promise<string>,
): Promise<GateOutcome> {
  const { taskId, attempt, phase, round, gate: name } = order;
  const workspace = await openWorkspace(deps, 'task', taskId);
  const place = { taskId, attempt, phase, round, name };
  const earlier = await workspace.evidence.findGateResult(place);
  if (earlier) {
    const { state, exitCode, durationMs } = earlier;
    return { name, state: state as GateState, exitCode, durationMs, tail: '' };
  }
  const task = await workspace.tasks.get(taskId);
  const { gates } = await workspace.repositories.get(task.repositoryId);
  const gate = gates.find((one) => one.name === name);
  if (!gate) throw new DomainError('not_found', `The repository has no gate "${name}" any more.`, { gate: name });
  const { signal, onProgress } = activityScope();
  const worktreeId = await whereToRun(workspace, order);
  // What agents have left running there must neither change what is checked nor hold its ports.
  await deps.background.endIn(worktreeId);
  const commit = phase === 'work' ? await commitWork() : await deps.git.checkedOutCommit(worktreeId);
  const cwd = deps.git.worktreePath(worktreeId);
  const { output, ...outcome } = await deps.sandboxes.within({ worktreeId, purpose: SandboxPurpose.work }, (place) =>
    runGate(gate, { cwd, ...place, signal, onOutput: onProgress }),
  );
  const { state, exitCode, durationMs } = outcome;
  const outputDigest = await workspace.blobs.put(output, 'text/plain');
  const { command } = gate;
  await workspace.evidence.recordGate({
    okrRunId: task.okrRunId,
    ...place,
    command,
    state,
    exitCode,
    durationMs,
    commit,
    outputDigest,
  });
  return { ...outcome, tail: redacted(outcome.tail).slice(-tailCharacters) };
}

/** The task's worktree, or the scratch worktree that holds the commit about to land. */
async function whereToRun({ changeRequests }: Workspace, { taskId, phase }: GateOrder): Promise<string> {
  if (phase === 'work') return taskId;
  const change = await changeRequests.latestOf(taskId);
  if (!change) throw new DomainError('not_found', `Task ${taskId} has no change request to land.`, { taskId });
  return change.id;
}
