import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentRunId, ApprovalState, type Operation, type Waiting, WaitKind } from '@fermata/contracts';
import { operationsOf, type ReportedCall, runToolsName, toolName } from '@fermata/core/external-agents';
import { atWork, sha256 } from '@fermata/database';
import { permissionForOperation, type ToolPermission } from '../agent-runs/tool-permission.js';
import type { Segment } from './segment.js';
import { shownCall } from './shown-call.js';
import type { WorkClock } from './work-clock.js';

type Asked = Extract<ToolPermission, { granted: 'asked' }>;

const lookAgainMs = 500;

/**
 * Decides what an agent that asks may do: by its policy, or by a person whom the policy leaves it to. The agent waits for
 * as long as that person takes; should its process die meanwhile, the one that follows asks the same question, and finds
 * the answer on the row.
 */
export class PermissionDesk {
  private readonly waiting = new Map<string, Waiting>();
  private readonly written = new Set<string>();
  private readonly commands: string[] = [];
  private readonly refusals: string[] = [];

  constructor(
    private readonly segment: Segment,
    private readonly signal: AbortSignal,
    private readonly clock: WorkClock,
  ) {}

  /** @returns why not; null when it may */
  async refusalOf(call: ReportedCall): Promise<string | null> {
    if (isOurOwnTool(call)) return null;
    const operations = operationsOf(call, this.segment.worktree);
    for (const operation of operations) {
      const refusal = await this.refusalFor(operation, call);
      if (refusal === null) continue;
      this.refusals.push(`${call.title ?? toolName(call)}: ${refusal}`);
      return refusal;
    }
    for (const operation of operations) this.remember(operation);
    return null;
  }

  /** Why not, for what it was refused since this was last asked: the protocol takes a no without a reason. */
  takeRefusals(): string[] {
    return this.refusals.splice(0);
  }

  /** For an agent that writes through us: what it was permitted just before, it need not ask again. */
  async refusalOfWrite(path: string): Promise<string | null> {
    const call: ReportedCall = {
      toolCallId: `write ${path}`,
      kind: 'edit',
      title: `Write ${path}`,
      locations: [{ path }],
    };
    const [operation] = operationsOf(call, this.segment.worktree);
    if (operation?.kind !== 'write') return 'There is no such path.';
    return this.written.has(operation.path) ? null : this.refusalFor(operation, call);
  }

  /** For an agent that runs its commands through us: what it was permitted just before, it need not ask again. */
  async refusalOfTerminal(call: ReportedCall): Promise<string | null> {
    const [operation] = operationsOf(call, this.segment.worktree);
    if (operation?.kind !== 'command') return 'There is no command.';
    const permitted = this.commands.indexOf(operation.commandLine);
    if (permitted === -1) return this.refusalFor(operation, call);
    // A permission is good for one time.
    this.commands.splice(permitted, 1);
    return null;
  }

  private remember(operation: Operation): void {
    if (operation.kind === 'write') this.written.add(operation.path);
    if (operation.kind === 'command') this.commands.push(operation.commandLine);
  }

  private async refusalFor(operation: Operation, call: ReportedCall): Promise<string | null> {
    const { readOnly, deps } = this.segment;
    const changes =
      operation.kind === 'write' || (operation.kind === 'command' && deps.sandboxes.containment === 'none');
    if (readOnly && changes) return 'This run looks and changes nothing.';
    // What changes while it is being asked about is asked about anew.
    for (;;) {
      const permission = await this.permissionFor(operation, call);
      if (permission.granted === true) return null;
      if (permission.granted === false) return permission.reason;
      await this.clock.during(() => this.answerTo(permission));
    }
  }

  private async permissionFor(operation: Operation, call: ReportedCall): Promise<ToolPermission> {
    const { deps, workspace, run, worktree } = this.segment;
    const input = shownCall(call);
    // What happened once is not permitted again by the answer to it.
    const inputDigest = sha256(JSON.stringify(input));
    const times = await workspace.steps.countOf({ agentRunId: run.id, inputDigest, exceptCallId: call.toolCallId });
    return permissionForOperation({
      ...{ deps, workspace, run, worktree, operation, input },
      ...{ tool: toolName(call), occasion: { timesBefore: times }, before: toolName(call) },
    });
  }

  /** Returns when the question is closed, in whatever way. */
  private async answerTo({ approvalId, detail }: Asked): Promise<void> {
    const { approvals } = this.segment.workspace;
    await this.say(approvalId, { kind: WaitKind.human, detail, releasableBy: ['approver'], subjectId: approvalId });
    try {
      for (;;) {
        const { state, expiresAt } = await approvals.get(approvalId);
        if (state !== ApprovalState.pending) break;
        if (expiresAt <= new Date()) await approvals.expire(approvalId);
        await sleep(lookAgainMs, undefined, { signal: this.signal });
      }
    } finally {
      await this.say(approvalId, null);
    }
    await approvals.outcome(approvalId);
  }

  /** The row says what is waited for: the latest of several, as long as there is one. */
  private async say(approvalId: string, waiting: Waiting | null): Promise<void> {
    if (waiting === null) this.waiting.delete(approvalId);
    else this.waiting.set(approvalId, waiting);
    const { workspace, run } = this.segment;
    const latest = [...this.waiting.values()].at(-1) ?? atWork('The agent is at work.');
    await workspace.waiting.record({ subject: { type: 'agent_run', id: run.id as AgentRunId }, waiting: latest });
  }
}

/** `finish` and `ask_human`, by whatever name the agent has for them: they change nothing but our own rows. */
function isOurOwnTool(call: ReportedCall): boolean {
  if (call.kind !== 'other' && call.kind !== undefined) return false;
  const names = [toolName(call), call.title ?? '', call.toolCallId];
  return names.some((name) => ourTool.test(name));
}

const ourTool = new RegExp(
  `^(mcp__?)?${runToolsName}(__|[._/:])(finish|ask_human)\\b|^(finish|ask_human) \\(${runToolsName} MCP Server\\)$`,
  'i',
);
