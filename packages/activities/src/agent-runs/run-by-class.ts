import { DomainError, nullWhenUnknown, SandboxPurpose, StepState, type ToolTurn } from '@fermata/contracts';
import type { Place } from '@fermata/core/sandbox';
import { errorFingerprint, runTool, type ToolContext, type ToolOutcome } from '@fermata/core/tools';
import { redacted, type StepEnd, type StepStart } from '@fermata/database';
import { Context } from '@temporalio/activity';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import type { Workspace } from '../workspace.js';
import type { AgentRunRow } from './conversation.js';
import { worktreeIdOf, worktreeOf } from './run-worktree.js';
import { isUnsafe, type ToolRun, toolOf } from './tool-run.js';
import { requestOf } from './tool-request.js';

const unknownOutcome =
  'Outcome unknown: the process that ran this tool ended before the result was recorded. It may have run wholly, partly or not at all. Look at the present state before you go on; do not assume either.';

/** Runs a tool that may run, and records what came of it, as its class allows: once, claimed before, or freely. */
export function runByClass(tool: ToolRun): Promise<ToolTurn> {
  if (isUnsafe(tool)) return runOnce(tool);
  return tool.isClaimed || toolOf(tool)?.quick === 'changes' ? runClaimed(tool) : runFreely(tool);
}

/** An unsafe tool is claimed before it acts. A claim found again means that it may have run: it is not run again. */
async function runOnce(tool: ToolRun): Promise<ToolTurn> {
  const { workspace, step } = tool;
  const claim = await workspace.steps.start(step);
  if (claim.state !== StepState.started) return { state: claim.state };
  const claimed = { ...step, id: claim.id };
  if (claim.attempt > 1) return settleUnknown(tool, claimed);
  const { containment } = tool.deps.sandboxes;
  if (tool.run.containment !== containment) await workspace.agentRuns.recordContainment(tool.run.id, containment);
  let outcome: ToolOutcome;
  try {
    outcome = await execute(tool);
  } catch (error) {
    if (activityScope().signal.aborted) await settleUnknown(tool, claimed);
    throw error;
  }
  await workspace.steps.end(claimed, await endOf(tool, outcome));
  keepInBackground(tool, outcome);
  return turnOf(tool, outcome);
}

async function settleUnknown(tool: ToolRun, claimed: StepStart & { id: string }): Promise<ToolTurn> {
  const kept = await keepChanges(tool);
  const output = { text: unknownOutcome, mediaType: 'text/plain' } as const;
  await tool.workspace.steps.end(claimed, { state: 'unknown', output, ...kept });
  return { state: 'unknown' };
}

/**
 * An idempotent tool whose attempts nobody counts: Temporal does not know of one in a worker that died with the workflow's
 * task. So the row says that it begins, and the next attempt knows that it is not the first.
 */
async function runClaimed(tool: ToolRun): Promise<ToolTurn> {
  const { id, attempt, state } = await tool.workspace.steps.start(tool.step);
  // Another attempt was quicker: what came after it must not be undone.
  if (state !== StepState.started) return { state };
  const again = attempt > 1 || isRetry();
  const outcome = await execute(tool, again);
  await tool.workspace.steps.end({ ...tool.step, id }, await endOf(tool, outcome));
  keepInBackground(tool, outcome, again);
  return turnOf(tool, outcome);
}

/** An idempotent tool may simply run again, so only its result is recorded. */
async function runFreely(tool: ToolRun): Promise<ToolTurn> {
  const startedAt = new Date();
  const outcome = await execute(tool);
  await tool.workspace.steps.record({ ...tool.step, startedAt }, await endOf(tool, outcome));
  keepInBackground(tool, outcome);
  return turnOf(tool, outcome);
}

/** Its program has a place of its own. */
const isOfServer = ({ call, added }: ToolRun): boolean => added.some(({ name }) => name === call.name);

/** What a tool that may be repeated does, it does itself: only the others start programs of the agent. */
function execute(tool: ToolRun, again = isRetry()): Promise<ToolOutcome> {
  const { deps, run } = tool;
  if (!isUnsafe(tool) || isOfServer(tool)) return executeIn(deps.sandboxes.outside, tool, again);
  const order = { worktreeId: worktreeIdOf(run), purpose: SandboxPurpose.work };
  return deps.sandboxes.within(order, (place) => executeIn(place, tool, again));
}

const isRetry = (): boolean => Context.current().info.attempt > 1;

function executeIn(place: Place, { deps, workspace, run, call, added }: ToolRun, again: boolean): Promise<ToolOutcome> {
  const { signal, onProgress } = activityScope();
  return runTool(requestOf({ run, call, added }), {
    worktree: worktreeOf(deps, run),
    ...place,
    signal,
    onProgress,
    outputCapBytes: deps.limits.toolOutputBytes - keptLineBytes,
    retry: again,
    background: deps.background.of({ agentRunId: run.id, worktreeId: worktreeIdOf(run) }),
    keptOutput: (id) => workspace.blobs.get(id).catch(nullWhenUnknown),
    inwardHosts: async () => (await workspace.agents.policyOf(run.agentId)).hosts,
    ...(run.taskId !== null && { diff: diffSince(deps, workspace, { ...run, taskId: run.taskId }) }),
  });
}

type TaskRunRow = AgentRunRow & { taskId: string };

/** Everything that the work on a task has changed, from where it began. */
function diffSince(deps: ActivityDeps, workspace: Workspace, run: TaskRunRow): NonNullable<ToolContext['diff']> {
  return async (of) => {
    const { baseCommit } = await workspace.tasks.get(run.taskId);
    if (baseCommit === null) throw new DomainError('tool_failed', 'the task has no commit yet that it began at');
    return deps.git.diff({ worktreePath: worktreeOf(deps, run), base: baseCommit, ...of });
  };
}

/** For the line that says where the whole of an output is. */
const keptLineBytes = 120;

/** What was too long to be shown is kept, and the model is told by which id it reads on. */
async function endOf({ workspace }: ToolRun, { isError, text, whole, note }: ToolOutcome): Promise<StepEnd> {
  const kept = whole === undefined ? null : await workspace.blobs.put(whole, 'text/plain');
  const more = kept === null ? '' : `\n[all of it is kept: read_output with id ${kept}]`;
  const output = { text: text + more, mediaType: 'text/plain' } as const;
  return { state: isError ? 'failed' : 'succeeded', output, ...(note !== undefined && { note }) };
}

/** With what lets the loop notice that it goes in circles. From a digest of what is hidden it could be guessed. */
function turnOf({ call }: ToolRun, { isError, text, fingerprint }: ToolOutcome): ToolTurn {
  if (isError) return { state: 'failed', fingerprint: errorFingerprint(call.name, redacted(text)) };
  const isHidden = call.digestKey !== undefined;
  return { state: 'succeeded', ...(fingerprint !== undefined && !isHidden && { fingerprint }) };
}

/** The model is asked on meanwhile; the next tool waits. */
function keepInBackground(tool: ToolRun, outcome: ToolOutcome, again = isRetry()): void {
  // A second attempt may find done what the first one did and never kept.
  if (!outcome.mayHaveChangedFiles && !again) return;
  const { deps, workspace, step } = tool;
  deps.checkpoints.start(worktreeIdOf(tool.run), async () => {
    const { checkpoint } = await keepChanges(tool);
    if (checkpoint !== undefined) await workspace.steps.nameCheckpoint(step, checkpoint);
  });
}

/** Work is a commit as soon as it exists. */
async function keepChanges({ deps, run, step }: ToolRun): Promise<{ checkpoint?: string }> {
  if (run.kind === 'plan' || run.kind === 'review') return {};
  const { commit, changed } = await deps.git.checkpoint({
    worktreePath: deps.git.worktreePath(worktreeIdOf(run)),
    message: `Checkpoint after step ${step.index}: ${step.name}`,
    trailers: { 'Fermata-Task': run.taskId ?? run.okrRunId, 'Fermata-Agent-Run': run.id },
    ref: `refs/fermata/checkpoints/${run.id}/${step.index}`,
  });
  return changed ? { checkpoint: commit } : {};
}
