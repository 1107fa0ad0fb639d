import {
  ApprovalState,
  type ApprovalId,
  type Json,
  type JsonObject,
  type Operation,
  type PolicyDecision,
  PolicyEffect,
  type PolicyRule,
} from '@fermata/contracts';
import { redactionMarksIn } from '@fermata/contracts/redaction';
import { lastingRule } from '@fermata/core/policy';
import { checkCall, operationsOf, type Tool } from '@fermata/core/tools';
import { digestOf, keyedDigestOf, redacted, redactedValue } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { policyInRun } from '../mcp/mcp-policy.js';
import type { Workspace } from '../workspace.js';
import { questionOf } from './ask-person.js';
import { assertContained } from './assert-contained.js';
import type { AgentRunRow } from './conversation.js';
import type { SpokenCall } from './exact-words.js';
import { shownInput } from './shown-input.js';
import { requestOf } from './tool-request.js';

export interface ToolAsked {
  deps: ActivityDeps;
  workspace: Workspace;
  run: AgentRunRow;
  call: SpokenCall;
  /** Tools that the run has besides those of its kind. */
  added: readonly Tool[];
  /** Its place in the run: the same call at another place is another question. */
  index: number;
  worktree: string;
}

/** What is judged and, if need be, shown to a person. */
export interface OperationAsked extends Pick<ToolAsked, 'deps' | 'workspace' | 'run' | 'worktree'> {
  operation: Operation;
  tool: string;
  input: Json;
  /** Where redaction hides something of it. */
  digestKey?: string | undefined;
  /** What makes the same call another question: where it is made. */
  occasion: JsonObject;
  /** Names the commit that holds what is there when the question is asked. */
  before: string;
}

export type ToolPermission =
  | { granted: true }
  | { granted: false; reason: string }
  | { granted: 'asked'; approvalId: ApprovalId; expiresInMs: number; detail: string };

/**
 * Whether a call may be made, by the agent's policy as it is now: a rule that a person has just added holds at once. What
 * the policy leaves to a person is asked once, and the row is the answer (law 9): when the worktree or the call is not what
 * was shown, it is another question.
 */
export async function permissionFor(asked: ToolAsked): Promise<ToolPermission> {
  const { run, call, index, added, ...place } = asked;
  const { name: tool, input, digestKey } = call;
  for (const operation of operationsIn(run, call, added)) {
    const occasion = { callId: call.callId, step: index, ...pathOf(operation) };
    const before = `step ${index}`;
    const permission = await permissionForOperation({
      ...{ ...place, run, operation, tool, input, digestKey, occasion, before },
    });
    if (permission.granted !== true) return permission;
  }
  return { granted: true };
}

/** A call that changes several files may ask about more than one of them: each is a question of its own. */
function pathOf(operation: Operation): JsonObject {
  return operation.tool === 'apply_patch' && operation.kind === 'write' ? { path: operation.path } : {};
}

/** As `permissionFor`, for what an agent of any kind is about to do. */
export async function permissionForOperation(asked: OperationAsked): Promise<ToolPermission> {
  const { deps, workspace, run, worktree, operation } = asked;
  const policy = await workspace.agents.policyOf(run.agentId);
  assertContained(policy, deps.sandboxes.containment);
  const decision = deps.policy.decide(policyInRun(policy, run.kind, operation), operation, {
    worktree,
    home: deps.home,
  });
  if (decision.effect === PolicyEffect.allow) return { granted: true };
  if (decision.effect === PolicyEffect.deny) return { granted: false, reason: refused(decision) };
  return askPerson(asked, decision);
}

/** None for a call that will not be made because it is wrong: the model is told by the tool itself. */
function operationsIn(run: AgentRunRow, call: SpokenCall, added: readonly Tool[]): readonly Operation[] {
  return checkCall(requestOf({ run, call, added })).ok ? operationsOf(call.name, call.input) : [];
}

async function askPerson(asked: OperationAsked, decision: PolicyDecision): Promise<ToolPermission> {
  const { deps, workspace, run, operation, tool, occasion } = asked;
  const { questionExpiresInMs: expiresInMs } = deps.limits;
  // Redacted before it is cut: half a token looks like none.
  const title = redacted(`May the agent ${deedOf(operation)}?`).slice(0, 200);
  const detail: JsonObject = {
    ...{ tool, ...occasion, ...shownOf(asked) },
    ...{ reason: decision.reason, rule: decision.rule, dangers: [...decision.dangers] },
    commit: await commitOf(asked),
    // Part of what is shown, and so of what a yes "for always" says yes to.
    always: sayable(lastingRule(operation, decision)) as Json,
  };
  const question = questionOf(run, { kind: 'tool_call', title, detail }, expiresInMs);
  const approvalId = await workspace.approvals.findOrCreate(question, { requestedBy: run.id });
  const { state, reason } = await workspace.approvals.get(approvalId);
  switch (state) {
    case ApprovalState.pending:
      return { granted: 'asked', approvalId, expiresInMs, detail: title };
    case ApprovalState.approved:
      return { granted: true };
    default:
      return { granted: false, reason: answered(state, reason) };
  }
}

/** The arguments, as far as they may be shown, and a digest of what they are. */
function shownOf({ input, digestKey }: OperationAsked): JsonObject {
  const shown = redactedValue(input);
  if (digestKey === undefined) return { input: shownInput(shown), inputDigest: digestOf(input) };
  const marks = [...new Set(redactionMarksIn(JSON.stringify(shown)))].join(', ');
  const hidden = `${marks} stands for something that looks like a token. The agent wrote it itself, and it is used as it was written.`;
  return { input: shownInput(shown), inputDigest: keyedDigestOf(digestKey, input), ...(marks && { hidden }) };
}

/** A rule is stored and shown: none can be made of what may not be. */
function sayable(rule: PolicyRule | null): PolicyRule | null {
  return digestOf(redactedValue(rule)) === digestOf(rule) ? rule : null;
}

/** What the worktree holds when the question is asked; null where nothing is ever committed. */
async function commitOf({ deps, run, worktree, before }: OperationAsked): Promise<string | null> {
  if (run.kind === 'plan' || run.kind === 'review') return null;
  const { commit } = await deps.git.checkpoint({
    worktreePath: worktree,
    message: `Checkpoint before ${before}`,
    trailers: { 'Fermata-Task': run.taskId ?? run.okrRunId, 'Fermata-Agent-Run': run.id },
  });
  return commit;
}

function deedOf(operation: Operation): string {
  switch (operation.kind) {
    case 'command':
      return `run \`${operation.commandLine}\``;
    case 'read':
      return `read ${operation.path}`;
    case 'write':
      return `change ${operation.path}`;
    case 'fetch':
      return `fetch from ${operation.host}`;
    case 'call':
      return `use ${operation.tool}`;
  }
}

/** What the model is told of a call that its policy denies. */
export function refused({ reason, rule }: PolicyDecision): string {
  return `Not done: the policy of this agent refuses it. ${reason} (${rule}) Do not try to do the same in another way; find a way that needs no such thing, or ask a person with ask_human.`;
}

function answered(state: string, reason: string | null): string {
  if (state === ApprovalState.denied) return `Not done: a person said no${reason ? `, because: ${reason}` : ''}.`;
  return 'Not done: a person was asked whether you may, and nobody answered in time. Go on without it, or finish and say what is open.';
}
