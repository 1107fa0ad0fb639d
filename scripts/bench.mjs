// How fast it is, measured on an embedded stack of its own with a scripted model: `npm run bench`. See docs/performance.md.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomUUID } from 'node:crypto';
import { findTemporal, startFermata } from '@fermata/stack';
import { measureAgentRuns, runTasks } from './bench/agent-runs.mjs';
import { measureEvents } from './bench/event-latency.mjs';
import { describeMachine, describeVersions } from './bench/machine.mjs';
import { memoryOf } from './bench/memory.mjs';
import { reading } from './bench/statistics.mjs';
import { measureSubmits } from './bench/submit-goals.mjs';
import { showTable } from './bench/table.mjs';
import { startTimedModel } from './bench/timed-model.mjs';
import { addRepository, ask } from './demo/graphql.mjs';
import { makeSampleRepository } from './demo/sample-repository.mjs';

const wholeMs = 10 * 60_000;

const measures = {
  stack_ready: async ({ readyMs }) => [reading('stack_ready', 'ms', readyMs)],
  event_to_subscriber: measureEvents,
  submit_goal: measureSubmits,
  next_request_1: (bench) => measureAgentRuns(bench, { atOnce: 1 }),
  next_request_10: (bench) => measureAgentRuns(bench, { atOnce: 10 }),
  next_request_50: (bench) => measureAgentRuns(bench, { atOnce: 50 }),
  next_request_50_thinking: (bench) => measureAgentRuns(bench, { atOnce: 50, thinkMs: 3_000 }),
  memory: memoryAfterRuns,
};

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    keep: { type: 'boolean', default: false },
  },
});

const tell = (text) => process.stderr.write(`${text}\n`);

async function main() {
  const names = chosenMeasures();
  const machine = await describeMachine();
  const versions = describeVersions(
    JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8')),
  );
  const giveUpAt = Date.now() + wholeMs;
  const dataDir = await mkdtemp(join(tmpdir(), 'fermata-bench-'));
  const model = await startTimedModel();
  try {
    // The first start makes the database; what people wait for every day is the second.
    await (await start(dataDir, model)).fermata.stop();
    const { fermata, readyMs } = await start(dataDir, model);
    const stop = stopOnSignal(fermata);
    try {
      const repositoryId = await addSampleRepository(fermata, join(dataDir, 'sample'));
      const bench = { fermata, model, repositoryId, readyMs, giveUpAt };
      tell(`stack is ready after ${readyMs} ms; warming up`);
      await runTasks(bench, { tasks: 2, turns: 10, thinkMs: 0 });
      bench.memoryBefore = await memoryOf(fermata, 'before');
      const results = await runMeasures(bench, names);
      Object.assign(machine, { loadAfter: loadavg().map((load) => Math.round(load * 100) / 100) });
      if (options.json) process.stdout.write(`${JSON.stringify({ machine, versions, results })}\n`);
      else process.stdout.write(`${showTable(results)}\n`);
    } finally {
      await stop();
    }
  } finally {
    await model.close();
    if (options.keep) tell(`kept: ${dataDir}`);
    else await rm(dataDir, { recursive: true, force: true });
  }
}

function chosenMeasures() {
  const unknown = options.only?.find((name) => !(name in measures));
  if (unknown) throw new Error(`there is no measure "${unknown}"; there are: ${Object.keys(measures).join(', ')}`);
  return options.only ?? Object.keys(measures);
}

async function runMeasures(bench, names) {
  const results = [];
  for (const name of names) {
    const startedAt = Date.now();
    const rows = await measures[name](bench);
    tell(`${name}: ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
    for (const row of rows) tell(`  ${row.name}  p50 ${row.p50}  p95 ${row.p95 ?? '-'} ${row.unit}`);
    results.push(...rows);
  }
  return results;
}

async function start(dataDir, model) {
  const startedAt = performance.now();
  const fermata = await startFermata({
    dataDir,
    environment: { ...process.env, ...model.environment, LOG_LEVEL: 'warn' },
    temporalBinary: (await findTemporal(process.env))?.path,
  });
  return { fermata, readyMs: Math.round(performance.now() - startedAt) };
}

/** Stops once, however it is asked: a bench that is interrupted leaves no server behind. */
function stopOnSignal(fermata) {
  let stopped;
  const stop = () => (stopped ??= fermata.stop());
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => void stop().finally(() => process.exit(code)));
  }
  return stop;
}

async function addSampleRepository(fermata, path) {
  await makeSampleRepository(path);
  // No gates: they would measure the sample's own test runner.
  const input = { location: path, gates: [], clientRequestId: randomUUID() };
  return (await ask(fermata, addRepository, { input })).addRepository.repository.id;
}

/** A hundred agent runs with few steps, counting work and reviews, and then what is left in memory. */
async function memoryAfterRuns(bench) {
  await runTasks(bench, { tasks: 50, turns: 6, thinkMs: 0 });
  return [...bench.memoryBefore, ...(await memoryOf(bench.fermata, 'after'))];
}

await main().catch((error) => {
  tell(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
