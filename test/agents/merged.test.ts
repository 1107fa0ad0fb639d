import { join } from 'node:path';
import { type AgentPreset, defaultPolicy, type Json, triedPresets } from '@fermata/contracts';
import {
  type Conversation,
  type ScriptedModelServer,
  type ScriptedReply,
  startScriptedModel,
} from '@fermata/scripted-model';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Deed, deedsDone, isOnTheSide, replyFor } from '../support/agent-scripts.js';
import { useFermata } from '../support/fermata.js';
import { addRepository, ask, decide, openApproval, type Run, runEnd, runWhere, submitGoal } from '../support/goals.js';
import { Barrier, planOf } from '../support/model.js';
import { git, landedOn, makeRepository } from '../support/small-repository.js';
import { until } from '../support/until.js';

const barriers = new Map<AgentPreset, Barrier>(triedPresets.map((preset) => [preset, new Barrier()]));

/** The first turn is there before the worker dies, the second is asked again after it. */
const work: readonly Deed[] = [
  { run: 'echo made by an agent > one.txt' },
  { run: 'cp one.txt two.txt' },
  { finish: 'Both files are there.' },
];
const review: Deed = { result: { verdict: 'approve', summary: 'As ordered.', findings: [] } };

/** What each conversation is about, its brief says, wherever the program puts it. */
async function answer(conversation: Conversation): Promise<ScriptedReply> {
  if (isOnTheSide(conversation)) return { text: 'A title' };
  const said = `${conversation.system}\n${conversation.firstUserText}`;
  const preset = triedPresets.find(
    (one) => said.includes(`copied with ${one}`) || said.includes(`repository of-${one}`),
  );
  if (preset === undefined) throw new Error(`nobody knows this conversation: ${said.slice(-500)}`);
  const turn = deedsDone(conversation);
  if (/^Fermata plan for repository/m.test(said))
    return replyFor(preset, turn === 0 ? { result: planFor(preset) } : undefined);
  if (/^Fermata review/m.test(said)) return replyFor(preset, turn === 0 ? review : undefined);
  if (turn === 1) await barriers.get(preset)?.pass();
  return replyFor(preset, work[turn]);
}

function planFor(preset: AgentPreset): Json {
  const { toolCalls } = planOf({ copy: { title: `A file is copied with ${preset}` } }) as unknown as {
    toolCalls: { input: Json }[];
  };
  return toolCalls[0]!.input;
}

let model: ScriptedModelServer;
beforeAll(async () => {
  model = await startScriptedModel({ script: answer });
});
afterAll(() => model?.close());

const fermata = useFermata(() => ({
  FERMATA_MODEL: 'scripted',
  ANTHROPIC_API_KEY: 'the-real-key',
  ANTHROPIC_BASE_URL: model.anthropicBaseUrl,
  FERMATA_AGENTS_DIR: inject('agentsDir'),
}));

const policy = { ...defaultPolicy, mode: 'full', rules: [{ effect: 'ask', command: 'cp *' }] };

describe.each(triedPresets)('%s', (preset) => {
  it('plans, works, is killed in the middle, asks for a permission, and ends with a merged change', async () => {
    const location = await makeRepository(join(fermata.folder, `of-${preset}`));
    const repositoryId = await addRepository(fermata.held, location);
    const input = { name: preset, runtime: 'acp', model: 'scripted', launch: { preset }, policy };
    await ask(fermata.held, 'mutation ($input: SaveAgentInput!) { saveAgent(input: $input) { agent { id } } }', {
      input,
    });
    const id = await submitGoal(fermata.held, repositoryId, { goal: 'Copy a file.', agent: preset });

    const barrier = barriers.get(preset)!;
    await barrier.arrived;
    const worker = await fermata.held.pidOf('worker');
    const ofAgent = (await fermata.held.agentProcesses()).map(({ pid }) => pid).filter((pid) => pid !== worker);
    expect(ofAgent.length).toBeGreaterThan(0);
    await fermata.held.kill('worker');
    await until('the processes of the dead worker to end', async () => {
      const alive = (await fermata.held.processes()).map(({ pid }) => pid);
      return !ofAgent.some((pid) => alive.includes(pid));
    });
    barrier.lift();

    const approval = await openApproval(fermata.held, id);
    expect(approval).toMatchObject({ kind: 'tool_call', title: 'May the agent run `cp one.txt two.txt`?' });
    const asks = ({ tasks }: Run): boolean => tasks[0]?.waitingOn?.subjectId === approval.id;
    await runWhere(fermata.held, id, { what: 'waiting for the answer', is: asks });
    await decide(fermata.held, approval);

    const run = await runEnd(fermata.held, id);
    expect(run).toMatchObject({ state: 'completed', failure: null });
    expect(run.tasks).toMatchObject([{ state: 'done', changeRequest: { state: 'merged' } }]);
    expect(await git(location, 'show', 'main:two.txt')).toBe('made by an agent');
    expect(await landedOn(location)).toHaveLength(1);
    expect(run.budget).toMatchObject({ spentMicros: run.cost.micros, heldMicros: 0 });
    expect(run.cost.micros).toBeGreaterThan(0);
  });
});
