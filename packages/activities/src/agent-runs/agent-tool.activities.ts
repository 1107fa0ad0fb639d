import { existsSync } from 'node:fs';
import {
  type AgentRunKind,
  type AgentToolActivities,
  type CallRef,
  DomainError,
  nullWhenUnknown,
  type QuickToolActivities,
  SandboxPurpose,
  StepState,
  ToolClass,
  type ToolTurn,
} from '@fermata/contracts';
import type { Place } from '@fermata/core/sandbox';
import {
  errorFingerprint,
  findTool,
  runTool,
  type Tool,
  type ToolContext,
  type ToolOutcome,
} from '@fermata/core/tools';
import { redacted, type StepEnd, type StepStart } from '@fermata/database';
import { Context } from '@temporalio/activity';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { listMcpTools } from '../mcp/list-mcp-tools.js';
import { runnableTools } from '../mcp/run-offer.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { type AgentRunRow, callIn } from './conversation.js';
import { refuseEnded } from './ended-run.js';
import type { SpokenCall } from './exact-words.js';
import { standingWorktree, worktreeIdOf, worktreeOf } from './run-worktree.js';
import { permissionFor, type ToolPermission } from './tool-permission.js';
import { requestOf } from './tool-request.js';

type EndedState = Exclude<ToolTurn['state'], 'asked'>;

interface ToolRun {
  deps: ActivityDeps;
  workspace: Workspace;
  run: AgentRunRow;
  call: SpokenCall;
  step: StepStart;
  /** Tools that the run has besides those of its kind: those of MCP servers. */
  added: readonly Tool[];
  /** An attempt before this one has said that it begins. */
  isClaimed: boolean;
}

const unknownOutcome =
  'Outcome unknown: the process that ran this tool ended before the result was recorded. It may have run wholly, partly or not at all. Look at the present state before you go on; do not assume either.';

export function createAgentToolActivities(deps: ActivityDeps): AgentToolActivities & QuickToolActivities {
  return {
    listMcpTools: (input) => listMcpTools(deps, input),

    async runTool(ref) {
      const found = await toolAt(deps, ref);
      if ('ended' in found) return found.ended;
      const { tool } = found;
      await deps.checkpoints.settled(worktreeIdOf(tool.run));
      const rebuilt = await standingWorktree(tool);
      // An unsafe one that may have run is told as unknown.
      if (rebuilt && !(tool.isClaimed && isUnsafe(tool))) return refuse(tool, rebuiltWords(rebuilt));
      return runPermitted(tool, runnerOf(tool));
    },

    async runQuickTool(ref) {
      const found = await toolAt(deps, ref);
      if ('ended' in found) return found.ended;
      const { tool } = found;
      if (toolOf(tool)?.quick === undefined || !standsHere(tool)) return { state: 'declined', lasting: true };
      const { signal } = activityScope();
      if (!(await deps.checkpoints.isMade(worktreeIdOf(tool.run), checkpointMs)))
        return { state: 'declined', lasting: false };
      signal.throwIfAborted();
      return runPermitted(tool, runnerOf(tool));
    },
  };
}

/** The call with all that it takes to run it, or how it has ended before. */
async function toolAt(deps: ActivityDeps, ref: CallRef): Promise<{ tool: ToolRun } | { ended: ToolTurn }> {
  const workspace = await openWorkspace(deps, 'agentRun', ref.agentRunId);
  const [run, steps] = await Promise.all([
    workspace.agentRuns.atTurn(ref.agentRunId),
    workspace.steps.at(ref.agentRunId, [ref.modelIndex, ref.index]),
  ]);
  const stepAt = (index: number) => steps.find((step) => step.index === index);
  const earlier = stepAt(ref.index);
  if (earlier && earlier.state !== StepState.started) return { ended: { state: earlier.state as EndedState } };
  refuseEnded(run);
  const call = await callIn(workspace, stepAt(ref.modelIndex), ref);
  const added = await runnableTools(deps, workspace, run);
  const step = stepOf(run, ref, call);
  return { tool: { deps, workspace, run, call, added, step, isClaimed: earlier !== undefined } };
}

/** How long a quick tool waits for the checkpoint before it: one takes some ten milliseconds, except in large worktrees. */
const checkpointMs = 500;

type Runner = (tool: ToolRun) => Promise<ToolTurn>;

/** One that is claimed was let through and may have run: nobody is asked about it again. */
async function runPermitted(tool: ToolRun, runner: Runner): Promise<ToolTurn> {
  if (tool.isClaimed) return runner(tool);
  const worktree = worktreeOf(tool.deps, tool.run);
  const permission = await permissionFor({ ...tool, index: tool.step.index, worktree });
  if (permission.granted === 'asked') return askedFor(permission);
  return permission.granted ? runner(tool) : refuse(tool, permission.reason);
}

function runnerOf(tool: ToolRun): Runner {
  if (isUnsafe(tool)) return runOnce;
  return tool.isClaimed || toolOf(tool)?.quick === 'changes' ? runClaimed : runFreely;
}

const toolOf = ({ run, call, added }: ToolRun): Tool | undefined =>
  findTool(run.kind as AgentRunKind, call.name, added);

/** The worktree of the run is one of this host, and its folder is there. */
function standsHere({ deps, run }: ToolRun): boolean {
  return run.host === deps.hostId && existsSync(worktreeOf(deps, run));
}

function rebuiltWords({ commit }: { commit: string }): string {
  return `Not run: the folder of your worktree had been removed. It was made again from your last checkpoint (${commit.slice(0, 12)}) and set up anew; what was not in a checkpoint is gone. Look at what is there, then go on.`;
}

const isUnsafe = (tool: ToolRun): boolean => toolOf(tool)?.class === ToolClass.unsafe;

/** Its program has a place of its own. */
const isOfServer = ({ call, added }: ToolRun): boolean => added.some(({ name }) => name === call.name);

function stepOf(run: AgentRunRow, ref: CallRef, call: SpokenCall): StepStart {
  const { index, callId } = ref;
  return {
    agentRunId: run.id,
    okrRunId: run.okrRunId,
    taskId: run.taskId,
    index,
    kind: 'tool',
    name: call.name,
    callId,
  };
}

function askedFor({ approvalId, expiresInMs, detail }: Extract<ToolPermission, { granted: 'asked' }>): ToolTurn {
  return { state: 'asked', approvalId, expiresInMs, detail };
}

/** Recorded like any answer to a call: the model reads why. */
async function refuse({ workspace, step, isClaimed }: ToolRun, reason: string): Promise<ToolTurn> {
  const ended = { state: 'failed', output: { text: reason, mediaType: 'text/plain' } } as const;
  if (isClaimed) await workspace.steps.end({ ...step, id: (await workspace.steps.start(step)).id }, ended);
  else await workspace.steps.record(step, ended);
  return { state: 'failed', fingerprint: errorFingerprint(step.name, redacted(reason)) };
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
