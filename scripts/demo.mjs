// The main job, end to end, on an embedded stack: `npm run demo`. See scripts/demo/ for its parts.
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startScriptedModel } from '@fermata/scripted-model';
import { findTemporal, startFermata } from '@fermata/stack';
import { addRepository, ask, decideApproval, readRun, submitGoal } from './demo/graphql.mjs';
import { followRun, tellEvent } from './demo/events.mjs';
import { makeSampleRepository } from './demo/sample-repository.mjs';
import { demoGoal, demoScript } from './demo/script.mjs';
import { nextSteps, showPlan, showReport } from './demo/show.mjs';

const finalStates = ['completed', 'failed', 'denied', 'cancelled'];
const startedAt = Date.now();

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    crash: { type: 'boolean', default: false },
    model: { type: 'string' },
  },
});

const tell = (text) => process.stderr.write(`${text}\n`);
const tellTimed = (text) => tell(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`);

async function main() {
  const home = process.env.FERMATA_HOME || join(homedir(), '.fermata');
  const dataDir = join(home, 'demo');
  const model = await chooseModel();
  tell(model.notice);
  const fermata = await startFermata({
    dataDir,
    environment: { ...process.env, ...model.environment },
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
    const run = await runGoal(fermata, { path });
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

/** A real model when there is a key for one, otherwise the script: everything else is the same. */
async function chooseModel() {
  const key = process.env.ANTHROPIC_API_KEY
    ? 'ANTHROPIC_API_KEY'
    : process.env.OPENAI_API_KEY
      ? 'OPENAI_API_KEY'
      : null;
  if (key !== null) {
    const environment = options.model ? { FERMATA_MODEL: options.model } : {};
    return { server: null, environment, scripted: false, notice: `A real model answers, paid with ${key}.` };
  }
  if (options.model)
    throw new Error(`--model ${options.model} needs its provider's key: set ANTHROPIC_API_KEY or OPENAI_API_KEY.`);
  const server = await startScriptedModel({ script: demoScript({ thinkMs: 150 }) });
  return {
    server,
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

async function runGoal(fermata, { path }) {
  await makeSampleRepository(path);
  tellTimed(`sample repository: ${path}`);
  const { repository } = (
    await ask(fermata, addRepository, { input: { location: path, clientRequestId: randomUUID() } })
  ).addRepository;
  tellTimed(`added with gates: ${repository.gates.map(({ name }) => name).join(', ')}`);
  const input = { repositoryId: repository.id, goal: demoGoal, approval: 'REQUIRED', clientRequestId: randomUUID() };
  const { okrRun } = (await ask(fermata, submitGoal, { input })).submitGoal;
  tellTimed(`goal submitted: ${okrRun.id}`);

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
      }
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
  return (await ask(fermata, readRun, { id: okrRun.id })).okrRun;
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
