import type { WaitKind } from '@fermata/contracts';
import type { Context } from '../context.js';
import { renderLine } from '../rendering/event-line.js';
import { formatClock } from '../rendering/time.js';
import { releaseCommand, type Waiting, waitKindWords } from '../rendering/waiting.js';
import type { RunView } from './run-view.js';

const telling: ReadonlySet<WaitKind> = new Set(['human', 'budget', 'rate_limit', 'retry', 'schedule', 'worker']);

/** Work and what ends by itself soon is not told; of questions to a person there are events. */
function isWorthALine(state: string, { kind }: Waiting): boolean {
  return telling.has(kind) && (kind !== 'human' || state === 'paused');
}

/** One line for each thing that happened, and one whenever the run waits for something else than before. */
export function createLines(context: Context): RunView {
  const { style } = context;
  const say = (at: string, text: string) => context.say(`${style.dim(formatClock(at))} ${text}`);
  let waited = '';
  return {
    run({ id, state, waitingOn }) {
      if (waitingOn === null || !isWorthALine(state, waitingOn)) return;
      const command = releaseCommand(waitingOn, { id, state, okrRunId: id });
      const how = command === null ? '' : `  ${command}`;
      const text = `waits for ${waitKindWords(waitingOn.kind)}: ${waitingOn.detail}${how}`;
      // Every further failure changes the words, and is not worth another line.
      const wait = waitingOn.kind === 'retry' ? `retry since ${waitingOn.since}` : text;
      if (wait === waited) return;
      waited = wait;
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
