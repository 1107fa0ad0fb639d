import type { StackStep } from '@fermata/stack';
import type { Context } from '../context.js';
import { clip } from '../rendering/clip.js';
import { createStyle } from '../rendering/style.js';
import { formatDuration } from '../rendering/time.js';

export interface StartProgress {
  step(step: StackStep): void;
  note(text: string): void;
  end(): void;
}

const partNames: Readonly<Record<StackStep['part'], string>> = {
  stack: 'stack',
  postgres: 'Postgres',
  temporal: 'Temporal',
  setup: 'database set-up',
  api: 'API',
  worker: 'worker',
};

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;
const clearLine = '\r\u001b[2K';

/** Steps with their times on stderr: what is under way on one living line of a terminal; plain lines elsewhere. */
export function createStartProgress({ stderr, config }: Pick<Context, 'stderr' | 'config'>): StartProgress {
  const terminal = stderr.isTTY === true && config.lively;
  const style = createStyle(terminal && config.colours);
  const underWay = new Map<StackStep['part'], string>();
  let frame = 0;
  const draw = () => {
    if (!terminal || underWay.size === 0) return;
    const what = [...underWay].map(([part, state]) => `${partNames[part]} ${state}`).join(', ');
    const text = clip(what, (stderr.columns ?? 80) - 3);
    stderr.write(`${clearLine}${style.cyan(frames[frame++ % frames.length] ?? '')} ${text}`);
  };
  const print = (line: string) => {
    stderr.write(`${terminal ? clearLine : ''}${line}\n`);
    draw();
  };
  const timer = terminal ? setInterval(draw, frameMs) : undefined;
  timer?.unref();
  return {
    step(step) {
      if (step.state === 'starting' || step.state === 'stopping') underWay.set(step.part, step.state);
      else underWay.delete(step.part);
      const line = stepLine(step, terminal);
      if (line !== null) print(line);
      else draw();
    },
    note: print,
    end() {
      clearInterval(timer);
      if (terminal) stderr.write(clearLine);
    },
  };
}

const marks: Partial<Record<StackStep['state'], string>> = { hung: '✗', died: '✗', restart_failed: '✗' };

/** What begins is shown by the living line of a terminal; elsewhere it is a line of its own. */
function stepLine({ part, state, detail, elapsedMs }: StackStep, terminal: boolean): string | null {
  const took = elapsedMs === undefined ? '' : `  ${formatDuration(elapsedMs)}`;
  if (state === 'starting' || state === 'stopping') return terminal ? null : `… ${partNames[part]}: ${detail}`;
  return `${marks[state] ?? '✓'} ${partNames[part]}: ${detail}${took}`;
}
