import { runTasks } from './agent-runs.mjs';
import { memoryOf } from './memory.mjs';
import { distribution, reading } from './statistics.mjs';

/**
 * So many agents at once whose model takes a second for each answer: how long the whole takes from the first request to the
 * last answer against what the model alone would take, how evenly they get on, and what each costs in memory.
 * @param {{ fermata: any, model: any, repositoryId: string, giveUpAt: number }} bench
 * @param {{ atOnce: number, turns?: number }} load
 */
export async function measureManyAgents(bench, { atOnce, turns = 5 }) {
  const { fermata, model } = bench;
  model.forget();
  const before = await memoryOf(fermata, 'before');
  const peak = watchMemory(fermata);
  await runTasks(bench, { tasks: atOnce, turns, thinkMs: 1_000 });
  const highest = await peak.stop();
  const runs = [...model.workRuns().values()];
  const seconds = runs.map((run) => (run.at(-1).answeredAt - run[0].arrivedAt) / 1_000);
  const all = runs.flat();
  const span =
    Math.max(...all.map(({ answeredAt }) => answeredAt)) - Math.min(...all.map(({ arrivedAt }) => arrivedAt));
  const grown = sum(highest) - sum(before);
  return [
    distribution(`agent_seconds_${atOnce}_at_once_of_${turns}`, 's', seconds),
    reading(`agents_span_${atOnce}_at_once_of_${turns}`, 's', span / 1_000),
    reading(`memory_per_agent_${atOnce}_at_once`, 'MiB', grown / atOnce),
  ];
}

const sum = (rows) => rows.reduce((total, { p50 }) => total + p50, 0);

/** The most that API and worker together hold while it watches. */
function watchMemory(fermata) {
  let highest = [];
  const look = async () => {
    const rows = await memoryOf(fermata, 'peak');
    if (sum(rows) > sum(highest)) highest = rows;
  };
  const timer = setInterval(() => void look(), 500);
  return {
    async stop() {
      clearInterval(timer);
      await look();
      return highest;
    },
  };
}
