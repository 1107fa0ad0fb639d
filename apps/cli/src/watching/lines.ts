import type { Context } from '../context.js';
import { renderLine } from '../rendering/event-line.js';
import { formatClock } from '../rendering/time.js';
import { releaseCommand, waitKindWords } from '../rendering/waiting.js';
import type { RunView } from './run-view.js';

/** One line for each thing that happened, and one whenever the run waits for something else than before. */
export function createLines(context: Context): RunView {
  const { style } = context;
  const say = (at: string, text: string) => context.say(`${style.dim(formatClock(at))} ${text}`);
  let waited = '';
  return {
    run({ id, state, waitingOn }) {
      if (waitingOn === null || waitingOn.kind === 'work' || waitingOn.kind === 'slot') return;
      const command = releaseCommand(waitingOn, { id, state, okrRunId: id });
      const how = command === null ? '' : `  ${command}`;
      const text = `waits for ${waitKindWords(waitingOn.kind)}: ${waitingOn.detail}${how}`;
      if (text === waited) return;
      waited = text;
      say(waitingOn.since, renderLine({ state: 'waiting', text }, style));
    },
    line: (at, line) => say(at, renderLine(line, style)),
    connection: (state) =>
      say(
        new Date().toISOString(),
        state === 'lost' ? 'lost the connection to the server; trying again' : 'connected again',
      ),
    end: () => undefined,
  };
}
