import {
  type AgentRunActivities,
  type AgentRunId,
  type AgentRunKind,
  type AgentRuntime,
  agentRunTransitions,
  assertRunnable,
  type CallRef,
  hostQueue,
  isFinal,
} from '@fermata/contracts';
import { checkCall } from '@fermata/core/tools';
import { endOf, redacted, redactedValue, type StepStart } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { hasServersToAsk } from '../mcp/list-mcp-tools.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { answerWords } from './answer-words.js';
import { questionOf } from './ask-person.js';
import { askToContinue } from './ask-to-continue.js';
import { assertContained } from './assert-contained.js';
import { callModel } from './call-model.js';
import { type AgentRunRow, callAt } from './conversation.js';
import { endAgentRun } from './end-agent-run.js';
import { refuseEnded } from './ended-run.js';
import { handIn, refusalWords } from './hand-in.js';
import { recordSubtask, spawnTask } from './spawn-task.js';
import { requestOf } from './tool-request.js';

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
      const run = await workspace.agentRuns.toBegin(agentRunId);
      const { agent } = run;
      // Another host says for itself, with the first command that it runs.
      const isHere = run.host === null || run.host === deps.hostId;
      const { containment } = deps.sandboxes;
      if (!run.hasEnded) assertRunnable({ ...agent, runtime: run.runtime });
      if (!run.hasEnded && isHere) assertContained(agent.policy, containment);
      const standing = await workspace.agentRuns.begin(agentRunId, { containment: isHere ? containment : null });
      return {
        ...(hasServersToAsk(run, agent) && { listsMcpTools: true }),
        kind: run.kind as AgentRunKind,
        runtime: run.runtime as AgentRuntime,
        hostQueue: hostQueue(run.host ?? deps.hostId),
        maxSteps: run.maxSteps,
        ...(run.maxWorkMs !== null && { maxWorkMs: run.maxWorkMs }),
        nextIndex: run.lastIndex + 1,
        ended: isFinal(agentRunTransitions, standing.state) ? endOf(standing) : null,
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
      const problems = call.invalidInput === undefined ? await handIn(open, call.input) : ['the arguments are no JSON'];
      if (problems.length > 0) {
        await answerCall(open, { ...ref, name: call.name }, { text: refusalWords(problems), ok: false });
        return { accepted: false, problems: redactedValue(problems) };
      }
      await answerCall(open, { ...ref, name: call.name }, { text: 'Accepted.', ok: true });
      return { accepted: true };
    },

    async askHuman(ref) {
      const { workspace, run } = await openRun(deps, ref.agentRunId);
      const call = await callAt(workspace, ref);
      const checked = checkCall(requestOf({ run, call }));
      // Before it is cut: half a token looks like none.
      const asked = redacted(
        checked.ok ? (checked.input as { question: string }).question : JSON.stringify(call.input),
      );
      const detail = { question: asked, callId: ref.callId, step: ref.index };
      const approvalId = await workspace.approvals.findOrCreate(
        questionOf(run, { kind: 'question', title: asked.slice(0, 200), detail }, expiresInMs),
        { requestedBy: run.id },
      );
      return { approvalId, expiresInMs };
    },

    async recordHumanAnswer({ approvalId, timedOut, ...ref }) {
      const open = await openRun(deps, ref.agentRunId);
      const answer = await answerWords(open.workspace, { approvalId, timedOut });
      await answerCall(open, { ...ref, name: 'ask_human' }, answer);
    },

    spawnTask: (ref) => spawnTask(deps, ref),

    recordSubtask: (end) => recordSubtask(deps, end),

    askToContinue: (guard) => askToContinue(deps, guard),

    async endAgentRun({ agentRunId, ...end }) {
      const workspace = await openWorkspace(deps, 'agentRun', agentRunId);
      return endAgentRun({ deps, workspace }, agentRunId, end);
    },
  };
}
