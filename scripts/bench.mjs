// How fast it is, measured on an embedded stack of its own with a scripted model: `npm run bench`. See docs/performance.md.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomUUID } from 'node:crypto';
import { findTemporal, startFermata } from '@fermata/stack';
import { measureAgentRuns, measureLanding, runTasks } from './bench/agent-runs.mjs';
import { measureEvents } from './bench/event-latency.mjs';
import { measureGateway } from './bench/gateway-latency.mjs';
import { describeMachine, describeVersions } from './bench/machine.mjs';
import { measureManyAgents } from './bench/many-agents.mjs';
import { memoryOf } from './bench/memory.mjs';
import { measurePolicy } from './bench/policy-decision.mjs';
import { measurePrompts, promptLoads } from './bench/prompts.mjs';
import { measureSandbox } from './bench/sandbox-start.mjs';
import { reading } from './bench/statistics.mjs';
import { measureSubmits } from './bench/submit-goals.mjs';
import { showTable } from './bench/table.mjs';
import { measureFloor } from './bench/temporal-floor.mjs';
import { startTimedModel } from './bench/timed-model.mjs';
import { addRepository, ask } from './demo/graphql.mjs';
import { makeSampleRepository } from './demo/sample-repository.mjs';

const wholeMs = 10 * 60_000;

const measures = {
  stack_ready: async ({ readyMs }) => [reading('stack_ready', 'ms', readyMs)],
  event_to_subscriber: measureEvents,
  submit_goal: measureSubmits,
  temporal_floor: measureFloor,
  next_request_1: (bench) => measureAgentRuns(bench, { atOnce: 1 }),
  next_request_10: (bench) => measureAgentRuns(bench, { atOnce: 10 }),
  next_request_50: (bench) => measureAgentRuns(bench, { atOnce: 50 }),
  next_request_50_thinking: (bench) => measureAgentRuns(bench, { atOnce: 50, thinkMs: 3_000 }),
  tasks_merged_10: (bench) => measureLanding(bench, { tasks: 10 }),
  gateway_latency: measureGateway,
  policy_decision: measurePolicy,
  sandbox_start: measureSandbox,
  agents_20: (bench) => measureManyAgents(bench, { atOnce: 20 }),
  agents_100: (bench) => measureManyAgents(bench, { atOnce: 100 }),
  agents_200: (bench) => measureManyAgents(bench, { atOnce: 200 }),
  ...Object.fromEntries(Object.entries(promptLoads).map(([name, load]) => [name, promptsOf(name, load)])),
  memory: memoryAfterRuns,
};

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
  },
});

/** Of each Fermata that runs. */
const cleanUps = new Set();

const tell = (text) => process.stderr.write(`${text}\n`);

async function main() {
  endOnSignal();
  const names = chosenMeasures();
  const machine = await describeMachine();
  const versions = describeVersions(
    JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8')),
  );
  const giveUpAt = Date.now() + wholeMs;
  const bench = await setUp();
  const results = await runMeasures({ ...bench, giveUpAt }, names).finally(bench.cleanUp);
  const after = loadavg().map((load) => Math.round(load * 100) / 100);
  const report = { machine: { ...machine, loadAfter: after }, versions, results };
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${showTable(results)}\n`);
}

/** With fewer slots than there are runs, on a Fermata of its own whose worker has so many. */
function promptsOf(name, load) {
  const measure = (bench) => measurePrompts(bench, { name, ...load });
  if (load.slots === undefined) return measure;
  return async ({ giveUpAt }) => {
    // One more is taken by the planner whose run the others are rows of.
    const own = await setUp({ FERMATA_MODEL_CALLS_AT_ONCE: String(load.slots + 1) });
    return measure({ ...own, giveUpAt }).finally(own.cleanUp);
  };
}

/** A Fermata on a data directory of its own, started for the second time: that start is what people wait for every day. */
async function setUp(environment = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'fermata-bench-'));
  const model = await startTimedModel();
  const gatewayPort = await freePort();
  const interruption = new AbortController();
  let starting;
  const begin = () => (starting = start(dataDir, { model, gatewayPort, environment, signal: interruption.signal }));
  let cleaning;
  const cleanUp = () =>
    (cleaning ??= (async () => {
      interruption.abort();
      try {
        await (await starting?.catch(() => null))?.fermata.stop();
        await model.close();
      } finally {
        await rm(dataDir, { recursive: true, force: true });
        cleanUps.delete(cleanUp);
      }
    })());
  cleanUps.add(cleanUp);
  try {
    await (await begin()).fermata.stop();
    const started = await begin();
    const repositoryId = await addSampleRepository(started.fermata, join(dataDir, 'sample'));
    return { ...started, model, gatewayPort, repositoryId, cleanUp };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

/** A bench that is interrupted leaves no server and no data behind. */
function endOnSignal() {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    const end = () => Promise.allSettled([...cleanUps].map((cleanUp) => cleanUp()));
    process.once(signal, () => void end().finally(() => process.exit(code)));
  }
}

function chosenMeasures() {
  const unknown = options.only?.find((name) => !(name in measures));
  if (unknown) throw new Error(`there is no measure "${unknown}"; there are: ${Object.keys(measures).join(', ')}`);
  return options.only ?? Object.keys(measures);
}

async function runMeasures(bench, names) {
  tell(`stack is ready after ${bench.readyMs} ms; warming up`);
  await runTasks(bench, { tasks: 4, turns: 30, land: true });
  bench.memoryBefore = await memoryOf(bench.fermata, 'before');
  const results = [];
  for (const name of names) {
    const startedAt = Date.now();
    const rows = await measures[name](bench);
    tell(`${name}: ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
    for (const row of rows) tell(`  ${row.name}  p50 ${row.p50}  p95 ${row.p95 ?? '-'} ${row.unit}`);
    results.push(...rows);
  }
  return [...results, ...overFloor(results)];
}

/** How many times Temporal's floor a turn takes: the figure to compare between machines. */
function overFloor(results) {
  const p50Of = (wanted) => results.find(({ name }) => name === wanted)?.p50;
  const [turn, floor] = [p50Of('next_request_1'), p50Of('temporal_floor_of_turn')];
  return turn && floor ? [reading('next_request_1_over_floor', 'times', turn / floor)] : [];
}

/** Which nobody listens on right now. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(dataDir, { model, gatewayPort, environment, signal }) {
  const startedAt = performance.now();
  const fermata = await startFermata({
    dataDir,
    environment: {
      ...process.env,
      ...model.environment,
      LOG_LEVEL: 'warn',
      FERMATA_GATEWAY_PORT: String(gatewayPort),
      ...environment,
    },
    temporalBinary: (await findTemporal(process.env))?.path,
    signal,
  });
  return { fermata, readyMs: Math.round(performance.now() - startedAt) };
}

async function addSampleRepository(fermata, path) {
  await makeSampleRepository(path);
  // No gates: they would measure the sample's own test runner.
  const input = { location: path, gates: [], clientRequestId: randomUUID() };
  return (await ask(fermata, addRepository, { input })).addRepository.repository.id;
}

/** What is left in memory after a hundred agent runs. */
async function memoryAfterRuns(bench) {
  for (let round = 0; round < 2; round += 1) await runTasks(bench, { tasks: 50, turns: 6 });
  return [...bench.memoryBefore, ...(await memoryOf(bench.fermata, 'after'))];
}

await main().catch((error) => {
  tell(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
