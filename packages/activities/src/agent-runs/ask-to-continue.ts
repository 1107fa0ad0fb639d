import type { AgentRunActivities, ApprovalId, Json, JsonObject, ModelAnswer } from '@fermata/contracts';
import { firstWords } from '@fermata/contracts/redaction';
import type { ActivityDeps } from '../deps.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { questionOf } from './ask-person.js';
import { type AgentRunRow, answerOf } from './conversation.js';
import { shownInput } from './shown-input.js';

type Guard = Parameters<AgentRunActivities['askToContinue']>[0];

/** What the agent did last, that a person sees: enough to tell a loop from work. */
const shownTurns = 3;
const goalCharacters = 500;

/** Asks whether a run that a guard stopped may go on, with what it is for, what it cost and what it did last. */
export async function askToContinue(
  deps: ActivityDeps,
  { agentRunId, index, reason }: Guard,
): Promise<{ approvalId: ApprovalId; expiresInMs: number }> {
  const workspace = await openWorkspace(deps, 'agentRun', agentRunId);
  const run = await workspace.agentRuns.get(agentRunId);
  const { questionExpiresInMs: expiresInMs } = deps.limits;
  const detail: JsonObject = {
    ...{ reason, steps: index, costMicros: Number(run.costMicros), kind: run.kind },
    ...(await purposeOf(workspace, run)),
    lastTurns: await lastTurns(workspace, run),
  };
  const asked = questionOf(run, { kind: 'guard_rail', title: `May the agent go on? ${reason}`, detail }, expiresInMs);
  return { approvalId: await workspace.approvals.findOrCreate(asked, { requestedBy: 'fermata' }), expiresInMs };
}

async function purposeOf(
  workspace: Workspace,
  { okrRunId, taskId, title }: AgentRunRow & { title: string | null },
): Promise<JsonObject> {
  const { goal } = await workspace.okrRuns.get(okrRunId);
  const task = taskId === null ? null : (await workspace.tasks.get(taskId)).title;
  return { goal: firstWords(goal, goalCharacters), task, ...(title !== null && { subtask: title }) };
}

/** What the model said and called, oldest first. */
async function lastTurns(workspace: Workspace, { id }: AgentRunRow): Promise<Json[]> {
  const steps = await workspace.steps.ofRun(id);
  const answers = steps.filter(({ kind, state }) => kind === 'model' && state === 'succeeded').slice(-shownTurns);
  return Promise.all(answers.map(async (step) => ({ step: step.index, ...spoken(await answerOf(workspace, step)) })));
}

function spoken({ blocks }: ModelAnswer): JsonObject {
  const said = blocks.flatMap((block) => (block.type === 'text' ? block.text : [])).join('\n');
  const calls = blocks.flatMap((block) =>
    block.type === 'tool_call' ? { tool: block.name, input: shownInput(block.input) } : [],
  );
  return { said: shownInput(said), calls };
}
