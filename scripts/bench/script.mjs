import { randomUUID } from 'node:crypto';

/**
 * What the model of the benchmark says. A goal names how many tasks its plan has, how many turns each takes and how long
 * the model thinks; a work run then reads, writes and edits in turn, and a reviewer approves at once.
 */

/**
 * @param {{ tasks: number, turns: number, thinkMs: number }} shape `turns`: model calls of one work run
 * Each goal has files of its own, so that no run finds its work done by an earlier one.
 */
export function benchGoal({ tasks, turns, thinkMs }) {
  return `Benchmark ${randomUUID()}: ${tasks} tasks of ${turns} turns with ${thinkMs} ms of thought.`;
}

/** What is said to measure the gateway alone. */
export const gatewayOpening = 'A call of the benchmark through the gateway.';

/** What an agent is told whose whole run is one answer. */
export const promptBrief = (thinkMs) => `A prompt of the benchmark, thinking ${thinkMs} ms.`;

/** Null for a conversation that is none of the benchmark's: the scripted model then refuses it and says so. */
export function benchScript(conversation) {
  const opening = conversation.firstUserText;
  if (opening === gatewayOpening) return { text: 'Heard.' };
  if (opening.startsWith('Fermata plan for repository')) {
    return { ...plan(opening), ...(opening.includes('Plan slowly.') && { delayMs: 120_000 }) };
  }
  if (opening.startsWith('Fermata review of task')) {
    return finish(verdict);
  }
  const prompt = /^A prompt of the benchmark, thinking (\d+) ms/.exec(opening);
  if (prompt) return { ...finish(verdict), delayMs: Number(prompt[1]) };
  const work = workOf(conversation);
  return work ? { ...workTurn(work), delayMs: work.thinkMs } : undefined;
}

/** True when the next answer of a work run is its last one. */
export function isLastTurn(conversation) {
  const work = workOf(conversation);
  return work !== null && work.turn >= work.turns - 1;
}

function workOf({ firstUserText, assistantTurns: turn }) {
  const found = /^Fermata task \S+: Keep file (\S+) over (\d+) turns, thinking (\d+) ms$/m.exec(firstUserText);
  return found ? { file: found[1], turns: Number(found[2]), thinkMs: Number(found[3]), turn } : null;
}

/** The key under which a work run's requests belong together, or null for plans and reviews. */
export function workRunOf(conversation) {
  return /^Fermata task (\S+): Keep file/m.exec(conversation.firstUserText)?.[1] ?? null;
}

const verdict = { verdict: 'approve', summary: 'Does what was asked.', findings: [] };

const finish = (input) => ({ toolCalls: [{ name: 'finish', input }] });

function plan(brief) {
  const [, id, tasks, turns, thinkMs] = /Benchmark (\S+): (\d+) tasks of (\d+) turns with (\d+) ms/.exec(brief) ?? [];
  return finish({
    objective: { title: 'Know how fast it is', description: 'Whoever asks gets numbers that were measured.' },
    keyResults: [
      {
        title: 'Planned work merged',
        unit: 'percent',
        statedBaseline: 0,
        target: 100,
        direction: 'increase',
        measure: { kind: 'tasks' },
      },
    ],
    tasks: Array.from({ length: Number(tasks) }, (_, index) => ({
      key: `file-${index}`,
      title: `Keep file ${id}-${index} over ${turns} turns, thinking ${thinkMs} ms`,
      instructions: 'Write the file, read it, change it.',
      acceptanceCriteria: ['the file is there'],
      verificationSteps: [],
      dependsOn: [],
      predictedPaths: [`notes/${id}-${index}.md`],
    })),
  });
}

function workTurn({ file, turns, turn }) {
  if (turn >= turns - 1) return finish({ summary: `File ${file} was kept over ${turns} turns.` });
  const path = `notes/${file}.md`;
  const version = Math.floor(turn / 4);
  const calls = [
    { name: 'read', input: { path: 'README.md' } },
    { name: 'write', input: { path, content: contentOf(file, version) } },
    { name: 'edit', input: { path, old_string: `version ${version} draft`, new_string: `version ${version} edited` } },
    { name: 'read', input: { path } },
  ];
  return { text: `Turn ${turn}: on with version ${version} of file ${file}.`, toolCalls: [calls[turn % calls.length]] };
}

function contentOf(file, version) {
  const lines = Array.from({ length: 20 }, (_, line) => `Line ${line} of file ${file}, one of twenty that say little.`);
  return `# File ${file}, version ${version} draft\n\n${lines.join('\n')}\n`;
}
