// The main job, end to end, on an embedded stack: `npm run demo`. See scripts/demo/ for its parts.
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startScriptedModel } from '@fermata/scripted-model';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatUsd, parseUsd, triedPresets } from '@fermata/contracts';
import { findTemporal, installAgent, startFermata } from '@fermata/stack';
import {
  addRepository,
  ask,
  decideApproval,
  openApprovals,
  readRun,
  saveAgent,
  setBudget,
  submitGoal,
} from './demo/graphql.mjs';
import { followRun, tellEvent } from './demo/events.mjs';
import { makeSampleRepository } from './demo/sample-repository.mjs';
import { demoAgentScript, demoGoal, demoScript } from './demo/script.mjs';
import { nextSteps, showPlan, showReport } from './demo/show.mjs';

const finalStates = ['completed', 'failed', 'denied', 'cancelled'];
const startedAt = Date.now();

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    crash: { type: 'boolean', default: false },
    model: { type: 'string' },
    runtime: { type: 'string' },
    budget: { type: 'string' },
  },
});

const tell = (text) => process.stderr.write(`${text}\n`);
const tellTimed = (text) => tell(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`);

async function main() {
  const home = process.env.FERMATA_HOME || join(homedir(), '.fermata');
  const dataDir = join(home, 'demo');
  const preset = chosenRuntime();
  const budgetMicros = chosenBudget();
  const model = await chooseModel(preset);
  tell(model.notice);
  const agentsDir = process.env.FERMATA_AGENTS_DIR || join(home, 'agents');
  if (preset !== null) await install(preset, agentsDir);
  const fermata = await startFermata({
    dataDir,
    environment: { ...process.env, ...model.environment, FERMATA_AGENTS_DIR: agentsDir },
    temporalBinary: (await findTemporal(process.env))?.path,
    databaseUrl: process.env.DATABASE_URL || undefined,
    temporalAddress: process.env.TEMPORAL_ADDRESS || undefined,
    onProgress: ({ part, state, detail, elapsedMs }) => {
      if (state !== 'starting') tellTimed(`${part}: ${detail}${elapsedMs === undefined ? '' : ` (${elapsedMs} ms)`}`);
    },
  });
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await fermata.stop();
    await model.server?.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void stop().then(() => process.exit(signal === 'SIGINT' ? 130 : 143)));
  }
  try {
    tellTimed(`stack is ready: API ${fermata.apiUrl}, Temporal UI ${fermata.stack.temporalUiUrl ?? 'none'}`);
    const path = join(dataDir, 'samples', `stock-${startedAt}`);
    const run = await runGoal(fermata, { path, preset, model, budgetMicros });
    const faults = model.server?.failures() ?? [];
    for (const fault of faults) tell(`unexpected model request: ${fault}`);
    tell(`\n${showReport(run)}`);
    if (!options.json) tell(`\n${nextSteps(path)}`);
    if (options.json) process.stdout.write(`${JSON.stringify(summary(run, fermata, model))}\n`);
    process.exitCode = run.state === 'completed' && faults.length === 0 ? 0 : 1;
  } finally {
    await stop();
  }
}

/** The program that does the work; null: our own loop. */
function chosenRuntime() {
  const { runtime = 'api' } = options;
  if (runtime === 'api') return null;
  const preset = triedPresets.find((known) => known === runtime);
  if (preset) return preset;
  throw new Error(`--runtime ${runtime} is not known. There are: api, ${triedPresets.join(', ')}.`);
}

/** In micro-dollars; null: none. */
function chosenBudget() {
  if (options.budget === undefined) return null;
  const micros = parseUsd(options.budget);
  if (micros !== null && micros > 0) return micros;
  throw new Error(`--budget ${options.budget} is no amount: give dollars, like 0.05.`);
}

const raisedMicros = 20_000_000;

/** Waits until the budget holds the run up, raises it as a person would, and says so. Ends with the run. */
async function raiseWhenHeld(fermata, okrRunId) {
  for (;;) {
    const { state, waitingOn } = (await ask(fermata, readRun, { id: okrRunId })).okrRun;
    if (finalStates.includes(state)) return;
    if (waitingOn?.kind === 'budget') break;
    await sleep(200);
  }
  const { waitingOn } = (await ask(fermata, readRun, { id: okrRunId })).okrRun;
  tellTimed(`the run waits, with all it has done kept: ${waitingOn?.detail ?? 'the budget is used up'}`);
  await sleep(2_000);
  await ask(fermata, setBudget, { input: { okrRunId, limitMicros: raisedMicros } });
  tellTimed(`the budget is raised to ${formatUsd(raisedMicros)}, and the run goes on`);
}

async function install(preset, agentsDir) {
  tellTimed(`installing ${preset} in ${agentsDir}, unless it is there`);
  const { isNew } = await installAgent({ preset, agentsDir, env: process.env });
  tellTimed(`${preset} ${isNew ? 'is installed' : 'is there'}`);
}

/** Which model a program asks when none is named. */
const ownModels = { 'claude-code': 'claude-sonnet-5-5', codex: 'gpt-6.1-sol' };

/** A real model when there is a key for one, otherwise the script: everything else is the same. */
async function chooseModel(preset) {
  const key = process.env.ANTHROPIC_API_KEY
    ? 'ANTHROPIC_API_KEY'
    : process.env.OPENAI_API_KEY
      ? 'OPENAI_API_KEY'
      : null;
  if (key !== null) {
    const environment = options.model ? { FERMATA_MODEL: options.model } : {};
    const name = options.model ?? ownModels[preset];
    if (preset !== null && name === undefined)
      throw new Error(`--runtime ${preset} needs --model: which one it is to ask.`);
    return { server: null, name, environment, scripted: false, notice: `A real model answers, paid with ${key}.` };
  }
  if (options.model)
    throw new Error(`--model ${options.model} needs its provider's key: set ANTHROPIC_API_KEY or OPENAI_API_KEY.`);
  const script = preset === null ? demoScript({ thinkMs: 150 }) : demoAgentScript(preset);
  const server = await startScriptedModel({ script });
  return {
    server,
    name: 'scripted',
    scripted: true,
    environment: {
      FERMATA_MODEL: 'scripted',
      ANTHROPIC_API_KEY: 'scripted',
      ANTHROPIC_BASE_URL: server.anthropicBaseUrl,
    },
    notice:
      'A scripted model answers (set ANTHROPIC_API_KEY or OPENAI_API_KEY for a real one). Everything else is real: HTTP, SDKs, tools, git, gates, database, Temporal.',
  };
}

/** One that is the program, and asks before it runs the tests. */
async function makeAgent(fermata, { preset, model }) {
  const rules = [{ effect: 'ask', command: 'npm test', reason: 'The demo shows how an agent asks.' }];
  const settings = { name: preset, runtime: 'acp', launch: { preset }, policy: { mode: 'full', rules, hosts: [] } };
  const input = { ...settings, model: model.name };
  await ask(fermata, saveAgent, { input });
  tellTimed(`agent ${preset}: its model calls go through Fermata's gateway, and it asks before it runs \`npm test\``);
  return preset;
}

async function runGoal(fermata, { path, preset, model, budgetMicros }) {
  await makeSampleRepository(path);
  tellTimed(`sample repository: ${path}`);
  const { repository } = (
    await ask(fermata, addRepository, { input: { location: path, clientRequestId: randomUUID() } })
  ).addRepository;
  tellTimed(`added with gates: ${repository.gates.map(({ name }) => name).join(', ')}`);
  const agent = preset === null ? 'default' : await makeAgent(fermata, { preset, model });
  const goal = { repositoryId: repository.id, goal: demoGoal, approval: 'REQUIRED', agent };
  const input = { ...goal, clientRequestId: randomUUID(), ...(budgetMicros !== null && { budgetMicros }) };
  const { okrRun } = (await ask(fermata, submitGoal, { input })).submitGoal;
  tellTimed(`goal submitted: ${okrRun.id}`);

  const raising = budgetMicros === null ? null : raiseWhenHeld(fermata, okrRun.id);
  const titles = new Map();
  let approved = false;
  let crashed = !options.crash;
  await followRun(fermata, {
    okrRunId: okrRun.id,
    async onEvent(event) {
      const line = tellEvent(event, (id) => titles.get(id) ?? id);
      if (line !== null) tellTimed(line);
      if (event.type === 'approval.requested' && !approved) {
        approved = true;
        const { okrRun: run } = await ask(fermata, readRun, { id: okrRun.id });
        for (const { id, title } of [...run.tasks, ...run.keyResults]) titles.set(id, title);
        tell(`\n${showPlan(run.approval)}\n`);
        await ask(fermata, decideApproval, {
          input: {
            approvalId: run.approval.id,
            digest: run.approval.digest,
            decision: 'APPROVE',
            reason: 'The demo approves its own plan.',
          },
        });
        tellTimed('plan approved');
      } else if (event.type === 'approval.requested') await permitTools(fermata, okrRun.id);
      if (!crashed && event.type === 'step.ended' && event.data.kind === 'tool' && event.taskId) {
        crashed = true;
        tellTimed(
          `kill -9 of the worker (process ${fermata.pids.worker}); it is started again. What it was at is handed over when its heartbeats have been missed: up to 30 s of silence`,
        );
        process.kill(fermata.pids.worker, 'SIGKILL');
      }
      return event.type === 'okr_run.state_changed' && finalStates.includes(event.data.to);
    },
  });
  await raising;
  return (await ask(fermata, readRun, { id: okrRun.id })).okrRun;
}

/** What an agent may do is asked of a person too; here nobody is. */
async function permitTools(fermata, okrRunId) {
  const { approvals } = await ask(fermata, openApprovals);
  for (const { id, digest, title, kind, okrRun } of approvals.nodes) {
    if (kind !== 'tool_call' || okrRun.id !== okrRunId) continue;
    tellTimed(`${title} The demo says yes.`);
    await ask(fermata, decideApproval, { input: { approvalId: id, digest, decision: 'APPROVE', reason: 'The demo.' } });
  }
}

function summary(run, fermata, model) {
  const { tasks, keyResults, ...okrRun } = run;
  return {
    okrRun,
    tasks,
    changeRequests: tasks.flatMap(({ id, changeRequest }) => (changeRequest ? [{ ...changeRequest, taskId: id }] : [])),
    keyResults,
    stack: {
      api: fermata.apiUrl,
      temporalUi: fermata.stack.temporalUiUrl,
      temporal: fermata.stack.temporalAddress,
      database: fermata.stack.databaseUrl.replace(/:[^:@/]+@/, ':***@'),
    },
    model: { scripted: model.scripted, requests: model.server?.requests().length ?? null },
  };
}

await main().catch((error) => {
  tell(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
