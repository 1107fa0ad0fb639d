import type { Context } from '../context.js';
import type { OkrRun } from '../graphql/okr-run.js';
import { renderLine } from '../rendering/event-line.js';
import { formatClock } from '../rendering/time.js';
import { renderFrame } from './render-frame.js';
import type { RunView } from './run-view.js';

const redrawMs = 1_000;
const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : '');
const clearBelow = '\r\u001b[J';

/** A block at the foot of the terminal that is drawn anew; what happened scrolls away above it. */
export function createLiveView({ stdout, style, now }: Context): RunView {
  let run: OkrRun | null = null;
  let drawn = 0;
  let lost = false;
  const draw = (above = '') => {
    const width = Math.max(40, stdout.columns ?? 80);
    const rows = Math.max(8, (stdout.rows ?? 24) - 2);
    const frame = run === null ? [] : renderFrame(run, { style, width, now: now(), rows, lost });
    const block = frame.length === 0 ? '' : `${frame.join('\n')}\n`;
    stdout.write(`${up(drawn)}${clearBelow}${above}${block}`);
    drawn = frame.length;
  };
  const timer = setInterval(() => draw(), redrawMs);
  return {
    run(next) {
      run = next;
      draw();
    },
    line: (at, line) => draw(`${style.dim(formatClock(at))} ${renderLine(line, style)}\n`),
    connection(state) {
      lost = state === 'lost';
      draw();
    },
    end() {
      clearInterval(timer);
      run = null;
      draw();
    },
  };
}
