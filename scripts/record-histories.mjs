// Records the histories that `npm run test:replay` replays, from real runs on an embedded stack: with a repair, a pause,
// a cancel, a crash, a queue for landing and a subtask. Run it after a change to the workflows that old runs need not survive, and
// commit what it writes. With the names of scenarios it records those and leaves everything else as it is: for a shape
// that has come to those that must still replay.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startScriptedModel } from '@fermata/scripted-model';
import { findTemporal, installAgent, startFermata, temporalCacheDirectory } from '@fermata/stack';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { followRun } from './demo/events.mjs';
import { addRepository, ask, decideApproval, readRun, saveAgent, submitGoal } from './demo/graphql.mjs';
import { makeSampleRepository } from './demo/sample-repository.mjs';
import { demoAgentScript, demoGoal, demoScript } from './demo/script.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'test/replay/histories');
/** The path is part of what a run knows of its repository: it says nothing of this machine. */
const dataDir = '/tmp/fermata-histories';
const finalStates = ['completed', 'failed', 'denied', 'cancelled'];
const order = (name, type) => `mutation ($input: ${type}!) { ${name}(input: $input) { okrRun { id state } } }`;
const named = process.argv.slice(2);
const tell = (text) => process.stderr.write(`${text}\n`);

const give = (fermata, name, okrRunId) =>
  ask(fermata, order(name, name === 'cancelRun' ? 'CancelRunInput' : 'OkrRunOrderInput'), { input: { id: okrRunId } });
async function pauseAndResume(fermata, okrRunId) {
  await give(fermata, 'pauseRun', okrRunId);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await give(fermata, 'resumeRun', okrRunId);
}

const isToolStep = ({ type, data, taskId }) => type === 'step.ended' && data.kind === 'tool' && taskId !== null;

const partedWords = 'Have the parser written by a subtask.';
const startsChild = (event) => event.startChildWorkflowExecutionInitiatedEventAttributes != null;

/** Local activities are markers that name them. */
const isQuickTool = ({ markerRecordedEventAttributes: marker }) =>
  Buffer.from(marker?.details?.data?.payloads?.[0]?.data ?? '').includes('runQuickTool');

/** The work of the demo; of an agent that is told so, the parser is the work of a subtask. */
function scriptWithSubtask() {
  const { rules } = demoScript({ thinkMs: 50 });
  const title = 'Read a stock list from text';
  const [look, code, tests, check, done] = rules.find(({ name }) => name === `work: ${title}`).answers;
  const part = { title: 'Write the parser', instructions: 'Write src/parse.js and its tests.' };
  const rule = (name, firstUserMatches, answers) => ({
    ...{ name, match: { systemIncludes: partedWords, firstUserMatches }, answers },
  });
  const spawn = { text: 'Somebody else can do it.', toolCalls: [{ name: 'spawn_task', input: part }] };
  return {
    rules: [
      rule('parted', `^Fermata task \\S+: ${title}$`, [spawn, check, done]),
      rule('part', `^Fermata subtask of \\S+: ${part.title}$`, [look, code, tests, done]),
      ...rules,
    ],
  };
}

/** What happens to each run besides its approval: `upset` is called once, at the first event that `when` is true of. */
const scenarios = {
  repaired: { decision: 'APPROVE', ends: 'completed' },
  paused: {
    decision: 'APPROVE',
    ends: 'completed',
    when: isToolStep,
    upset: pauseAndResume,
  },
  cancelled: {
    decision: 'APPROVE',
    ends: 'cancelled',
    when: isToolStep,
    upset: (fermata, okrRunId) => give(fermata, 'cancelRun', okrRunId),
  },
  crashed: {
    decision: 'APPROVE',
    ends: 'completed',
    when: isToolStep,
    upset: (fermata) => process.kill(fermata.pids.worker, 'SIGKILL'),
  },
  denied: { decision: 'DENY', ends: 'denied' },
  /** Of two tasks that end at about the same time one waits for its turn to land. */
  queued: { decision: 'APPROVE', ends: 'completed' },
  /** An agent with an MCP server. */
  served: {
    decision: 'APPROVE',
    ends: 'completed',
    agent: {
      name: 'served',
      model: 'scripted',
      mcpServers: [
        { name: 'every', transport: 'stdio', command: join(root, 'node_modules/.bin/mcp-server-everything') },
      ],
    },
  },
  /** An agent that has a part of its work done by a subtask, paused while that one is at work. */
  parted: {
    agent: { name: 'parted', model: 'scripted', instructions: partedWords },
    decision: 'APPROVE',
    ends: 'completed',
    when: ({ type, data }) => type === 'agent_run.state_changed' && data.kind === 'subtask' && data.to === 'running',
    upset: pauseAndResume,
    keeps: (type, history) => type === 'agentRun' && history.events.some(startsChild),
  },
  /** An agent at work, whose quick tools are run where its workflow is, and whose worker is killed in the middle. */
  local: {
    decision: 'APPROVE',
    ends: 'completed',
    when: isToolStep,
    upset: (fermata) => process.kill(fermata.pids.worker, 'SIGKILL'),
    keeps: (type, history) => type === 'agentRun' && history.events.some(isQuickTool),
  },
  /** An agent that is a program of its own, paused in the middle of a stretch. */
  program: {
    preset: 'codex',
    agent: { name: 'codex', runtime: 'acp', launch: { preset: 'codex' }, model: 'scripted' },
    decision: 'APPROVE',
    ends: 'completed',
    when: isToolStep,
    upset: pauseAndResume,
  },
};

async function runScenario(fermata, repositoryId, { agent, decision, ends, when, upset }) {
  if (agent !== undefined) await ask(fermata, saveAgent, { input: agent });
  const name = agent?.name ?? 'default';
  const input = { repositoryId, goal: demoGoal, agent: name, approval: 'REQUIRED', clientRequestId: randomUUID() };
  const { id } = (await ask(fermata, submitGoal, { input })).submitGoal.okrRun;
  let decided = false;
  let upsetting = null;
  let end = '';
  await followRun(fermata, {
    okrRunId: id,
    async onEvent(event) {
      if (event.type === 'approval.requested' && !decided) {
        decided = true;
        const { approval } = (await ask(fermata, readRun, { id })).okrRun;
        const answer = { approvalId: approval.id, digest: approval.digest, decision, reason: 'For the record.' };
        await ask(fermata, decideApproval, { input: answer });
      }
      if (upset && upsetting === null && when(event)) upsetting = upset(fermata, id) ?? true;
      end = event.type === 'okr_run.state_changed' ? event.data.to : end;
      return finalStates.includes(end) && !event.data.cancelRequested;
    },
  });
  await upsetting;
  if (end !== ends) throw new Error(`the run ended ${end} and should have ended ${ends}`);
  return id;
}

/** Of each kind of workflow of a run the one with the longest history: it has seen the most. */
async function longestOfEach(client, okrRunId, keeps = () => true) {
  const longest = new Map();
  for (const { workflowId, runId, type } of await workflowsOf(client, okrRunId)) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    if (!keeps(type, history)) continue;
    const before = longest.get(type);
    if (!before || before.events.length < history.events.length) longest.set(type, history);
  }
  return longest;
}

/** Temporal lists what it has indexed, a moment late: the run itself is there when all of its children are. */
async function workflowsOf(client, okrRunId) {
  for (;;) {
    const found = [];
    for await (const one of client.workflow.list({ query: `fermataOkrRun = '${okrRunId}'` })) found.push(one);
    const ended = found.every(({ status }) => status.name !== 'RUNNING');
    if (ended && found.some(({ workflowId }) => workflowId === okrRunId)) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function save(name, history) {
  // Who polled, on which machine and from which folder, is no part of what happened.
  const text = historyToJSON(history)
    .replaceAll(new RegExp(`\\d+@${hostname()}`, 'g'), 'recorded')
    .replaceAll(/"identity":\s*"[^"]*"/g, '"identity": "recorded"')
    .replaceAll(root, '/fermata/');
  refuseSecrets(name, text);
  await writeFile(join(target, `${name}.json`), `${text}\n`);
}

/** Payloads are base64: they are read as well. */
function refuseSecrets(name, text) {
  const payloads = [...text.matchAll(/"data":\s*"([^"]+)"/g)].map(([, data]) => Buffer.from(data, 'base64').toString());
  const all = [text, ...payloads].join('\n');
  const found = [root, process.env.HOME, `@${hostname()}`, 'ANTHROPIC_API_KEY', 'postgresql://'].filter(
    (word) => word && all.includes(word),
  );
  if (found.length > 0) throw new Error(`the history ${name} contains ${found.join(', ')}`);
}

async function recordAll(fermata, client, preset) {
  for (const [name, scenario] of Object.entries(scenarios).filter(isWanted(preset))) {
    const path = join(dataDir, 'samples', name);
    await makeSampleRepository(path);
    const input = { location: path, clientRequestId: randomUUID() };
    const { repository } = (await ask(fermata, addRepository, { input })).addRepository;
    const okrRunId = await runScenario(fermata, repository.id, scenario);
    for (const [type, history] of await longestOfEach(client, okrRunId, scenario.keeps))
      await save(`${name}.${type}`, history);
    tell(`recorded: ${name}`);
  }
  if (named.length > 0 || preset !== undefined) return;
  await recordOne(client, 'sweep');
  await recordOne(client, 'repositoryInspection');
}

async function recordOne(client, type) {
  for (;;) {
    for await (const { workflowId, runId } of client.workflow.list({
      query: `WorkflowType = '${type}' AND ExecutionStatus = 'Completed'`,
    })) {
      return save(type, await client.workflow.getHandle(workflowId, runId).fetchHistory());
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Those that are asked for, with this program; undefined: with our own loop. */
const isWanted =
  (preset) =>
  ([name, scenario]) =>
    scenario.preset === preset && (named.length === 0 || named.includes(name));

async function main() {
  if (named.length === 0) await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const preset of [undefined, 'codex']) {
    if (Object.entries(scenarios).some(isWanted(preset))) await recordWith(preset);
  }
  tell(`${(await readdir(target)).length} histories in test/replay/histories`);
}

async function recordWith(preset) {
  await rm(dataDir, { recursive: true, force: true });
  const agentsDir = join(temporalCacheDirectory(process.env), '..', 'agents');
  if (preset !== undefined) await installAgent({ preset, agentsDir, env: process.env });
  const script = preset === undefined ? scriptWithSubtask() : demoAgentScript(preset);
  const model = await startScriptedModel({ script });
  const environment = {
    FERMATA_AGENTS_DIR: agentsDir,
    PATH: process.env.PATH,
    HOME: dataDir,
    FERMATA_MODEL: 'scripted',
    ANTHROPIC_API_KEY: 'scripted',
    ANTHROPIC_BASE_URL: model.anthropicBaseUrl,
    FERMATA_SWEEP_INTERVAL_MS: '2000',
  };
  const fermata = await startFermata({
    dataDir,
    environment,
    temporalBinary: (await findTemporal(process.env))?.path,
  });
  const { temporalAddress: address, temporalNamespace: namespace } = fermata.stack;
  const connection = await Connection.connect({ address });
  try {
    await recordAll(fermata, new Client({ connection, namespace }), preset);
  } finally {
    await connection.close();
    await fermata.stop();
    await model.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

await main();
