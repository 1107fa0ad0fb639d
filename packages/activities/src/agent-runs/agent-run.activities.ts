import {
  type AgentRunActivities,
  type AgentRunId,
  type AgentRunKind,
  type AgentRuntime,
  agentRunTransitions,
  type AgentRunState,
  assertRunnable,
  type CallRef,
  hostQueue,
  isFinal,
  type Json,
} from '@fermata/contracts';
import { checkResult } from '@fermata/core/agents';
import { checkCall } from '@fermata/core/tools';
import { endOf, type StepStart } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { hasServersToAsk } from '../mcp/list-mcp-tools.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { questionOf } from './ask-person.js';
import { askToContinue } from './ask-to-continue.js';
import { assertContained } from './assert-contained.js';
import { callModel } from './call-model.js';
import { type AgentRunRow, callAt } from './conversation.js';
import { endAgentRun } from './end-agent-run.js';
import { refuseEnded } from './ended-run.js';

interface OpenRun {
  workspace: Workspace;
  run: AgentRunRow;
}

async function openRun(deps: ActivityDeps, agentRunId: AgentRunId): Promise<OpenRun> {
  const workspace = await openWorkspace(deps, 'agentRun', agentRunId);
  return { workspace, run: await workspace.agentRuns.atTurn(agentRunId) };
}

function stepOf(run: AgentRunRow, step: Pick<StepStart, 'index' | 'kind' | 'name'> & { callId?: string }): StepStart {
  return { agentRunId: run.id, okrRunId: run.okrRunId, taskId: run.taskId, ...step };
}

/** Records the answer to a tool call that ran no tool. */
async function answerCall(
  { workspace, run }: OpenRun,
  ref: CallRef & { name: string },
  answer: { text: string; ok: boolean },
): Promise<void> {
  const { index, name, callId } = ref;
  await workspace.steps.record(stepOf(run, { index, kind: 'tool', name, callId }), {
    state: answer.ok ? 'succeeded' : 'failed',
    output: { text: answer.text, mediaType: 'text/plain' },
  });
}

export function createAgentRunActivities(deps: ActivityDeps): AgentRunActivities {
  const { questionExpiresInMs: expiresInMs } = deps.limits;
  return {
    async beginAgentRun({ agentRunId }) {
      const workspace = await openWorkspace(deps, 'agentRun', agentRunId);
      const queued = await workspace.agentRuns.get(agentRunId);
      const agent = await workspace.agents.get(queued.agentId);
      // Another host says for itself, with the first command that it runs.
      const isHere = queued.host === null || queued.host === deps.hostId;
      const { containment } = deps.sandboxes;
      if (queued.endedAt === null) assertRunnable({ ...agent, runtime: queued.runtime });
      if (queued.endedAt === null && isHere) assertContained(agent.policy, containment);
      const run = await workspace.agentRuns.begin(agentRunId, { containment: isHere ? containment : null });
      return {
        ...(hasServersToAsk(run, agent) && { listsMcpTools: true }),
        kind: run.kind as AgentRunKind,
        runtime: run.runtime as AgentRuntime,
        hostQueue: hostQueue(run.host ?? deps.hostId),
        maxSteps: run.maxSteps,
        ...(run.maxWorkMs !== null && { maxWorkMs: run.maxWorkMs }),
        nextIndex: (await workspace.steps.lastIndex(agentRunId)) + 1,
        ended: isFinal(agentRunTransitions, run.state as AgentRunState) ? endOf(run) : null,
      };
    },

    callModel: (input) => callModel(deps, input),

    async addNote({ agentRunId, index, text }) {
      const { workspace, run } = await openRun(deps, agentRunId);
      await workspace.steps.record(stepOf(run, { index, kind: 'note', name: 'note' }), {
        state: 'succeeded',
        output: { text, mediaType: 'text/plain' },
      });
    },

    async refuseCall(ref) {
      const open = await openRun(deps, ref.agentRunId);
      const { name } = await callAt(open.workspace, ref);
      await answerCall(open, { ...ref, name }, { text: ref.reason, ok: false });
    },

    async acceptResult(ref) {
      const open = await openRun(deps, ref.agentRunId);
      refuseEnded(open.run);
      const call = await callAt(open.workspace, ref);
      const checked =
        call.invalidInput === undefined
          ? checkResult(open.run.kind as AgentRunKind, call.input)
          : { problems: ['the arguments are no JSON'] };
      if ('problems' in checked) {
        await answerCall(
          open,
          { ...ref, name: call.name },
          { text: `Refused:\n${checked.problems.join('\n')}`, ok: false },
        );
        return { accepted: false, problems: checked.problems };
      }
      await open.workspace.agentRuns.saveResult(ref.agentRunId, checked.result as unknown as Json);
      if (open.run.taskId && 'summary' in checked.result && open.run.kind !== 'review') {
        await open.workspace.tasks.recordSummary(open.run.taskId, checked.result.summary);
      }
      await answerCall(open, { ...ref, name: call.name }, { text: 'Accepted.', ok: true });
      return { accepted: true };
    },

    async askHuman(ref) {
      const { workspace, run } = await openRun(deps, ref.agentRunId);
      const call = await callAt(workspace, ref);
      const checked = checkCall({
        kind: run.kind as AgentRunKind,
        name: call.name,
        input: call.input,
        ...(call.invalidInput !== undefined && { invalidInput: call.invalidInput }),
      });
      const asked = checked.ok ? (checked.input as { question: string }).question : JSON.stringify(call.input);
      const detail = { question: asked, callId: ref.callId, step: ref.index };
      const approvalId = await workspace.approvals.findOrCreate(
        questionOf(run, { kind: 'question', title: asked.slice(0, 200), detail }, expiresInMs),
        { requestedBy: run.id },
      );
      return { approvalId, expiresInMs };
    },

    async recordHumanAnswer({ approvalId, timedOut, ...ref }) {
      const open = await openRun(deps, ref.agentRunId);
      if (timedOut) await open.workspace.approvals.expire(approvalId);
      const outcome = await open.workspace.approvals.outcome(approvalId);
      const text =
        outcome.state === 'approved'
          ? `A person answered: ${outcome.answer ?? outcome.reason ?? 'yes'}`
          : `No answer: ${outcome.state}${outcome.reason ? `, because: ${outcome.reason}` : ''}. Decide without it, or finish and say what is open.`;
      await answerCall(open, { ...ref, name: 'ask_human' }, { text, ok: outcome.state === 'approved' });
    },

    askToContinue: (guard) => askToContinue(deps, guard),

    async endAgentRun({ agentRunId, ...end }) {
      const { workspace } = await openRun(deps, agentRunId);
      await deps.background.endOf(agentRunId);
      return endAgentRun({ deps, workspace }, agentRunId, end);
    },
  };
}
