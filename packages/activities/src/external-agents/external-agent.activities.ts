import {
  type AgentRunKind,
  type ExternalAgentActivities,
  type SegmentEnd,
  type SegmentInput,
} from '@fermata/contracts';
import type { ActivityDeps } from '../deps.js';
import { assertContained } from '../agent-runs/assert-contained.js';
import { refuseEnded } from '../agent-runs/ended-run.js';
import { standingPlanWorktree, standingTaskWorktree } from '../tasks/standing-worktree.js';
import { openWorkspace } from '../workspace.js';
import { attendAgent } from './attend-agent.js';
import { keepChanges } from './keep-changes.js';
import { bookLostCalls } from './lost-calls.js';
import { assertOwnLogin } from './own-login.js';
import type { Segment } from './segment.js';

export function createExternalAgentActivities(deps: ActivityDeps): ExternalAgentActivities {
  return {
    async runSegment(input) {
      const segment = await openSegment(deps, input);
      // Its process died after the result was accepted.
      if (segment.run.result !== null) return { outcome: 'finished' };
      await assertOwnLogin(segment);
      await makeStand(segment);
      await bookLostCalls(segment);
      return keepingWork(segment, () => attendAgent(segment, input));
    },
  };
}

async function openSegment(deps: ActivityDeps, { agentRunId }: SegmentInput): Promise<Segment> {
  const workspace = await openWorkspace(deps, 'agentRun', agentRunId);
  const run = await workspace.agentRuns.get(agentRunId);
  refuseEnded(run);
  const agent = await workspace.agents.get(run.agentId);
  assertContained(agent.policy, deps.sandboxes.containment);
  await workspace.agentRuns.recordContainment(run.id, deps.sandboxes.containment);
  const kind = run.kind as AgentRunKind;
  const worktreeId = run.worktreeId ?? run.id;
  const worktree = deps.git.worktreePath(worktreeId);
  return {
    deps,
    workspace,
    run: { ...run, kind },
    agent,
    worktreeId,
    worktree,
    readOnly: kind === 'plan' || kind === 'review',
  };
}

/** Somebody may have removed the folder: the work is still there as commits. */
async function makeStand({ deps, workspace, run, worktreeId }: Segment): Promise<void> {
  if (run.taskId === null) await standingPlanWorktree({ deps, workspace }, { okrRunId: run.okrRunId, worktreeId });
  else await standingTaskWorktree({ deps, workspace }, await workspace.tasks.get(run.taskId));
}

/** However a stretch ends, what it has changed is a commit. */
async function keepingWork(segment: Segment, work: () => Promise<SegmentEnd>): Promise<SegmentEnd> {
  const { deps, worktreeId, readOnly } = segment;
  try {
    return await work();
  } finally {
    await deps.checkpoints.settled(worktreeId).catch(() => undefined);
    if (!readOnly) await keepChanges(segment);
  }
}
