import { existsSync } from 'node:fs';
import type { AgentToolActivities, QuickToolActivities, ToolTurn } from '@fermata/contracts';
import { errorFingerprint } from '@fermata/core/tools';
import { redacted } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { listMcpTools } from '../mcp/list-mcp-tools.js';
import { activityScope } from '../runtime/activity-scope.js';
import { runByClass } from './run-by-class.js';
import { standingWorktree, worktreeIdOf, worktreeOf } from './run-worktree.js';
import { permissionFor, type ToolPermission } from './tool-permission.js';
import { isUnsafe, toolAt, toolOf, type ToolRun } from './tool-run.js';

/** How long a quick tool waits for the checkpoint before it: one takes some ten milliseconds, except in large worktrees. */
const checkpointMs = 500;

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
      return runPermitted(tool);
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
      return runPermitted(tool);
    },
  };
}

/** One that is claimed was let through and may have run: nobody is asked about it again. */
async function runPermitted(tool: ToolRun): Promise<ToolTurn> {
  if (tool.isClaimed) return runByClass(tool);
  const worktree = worktreeOf(tool.deps, tool.run);
  const permission = await permissionFor({ ...tool, index: tool.step.index, worktree });
  if (permission.granted === 'asked') return askedFor(permission);
  return permission.granted ? runByClass(tool) : refuse(tool, permission.reason);
}

/** The worktree of the run is one of this host, and its folder is there. */
function standsHere({ deps, run }: ToolRun): boolean {
  return run.host === deps.hostId && existsSync(worktreeOf(deps, run));
}

function rebuiltWords({ commit }: { commit: string }): string {
  return `Not run: the folder of your worktree had been removed. It was made again from your last checkpoint (${commit.slice(0, 12)}) and set up anew; what was not in a checkpoint is gone. Look at what is there, then go on.`;
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
