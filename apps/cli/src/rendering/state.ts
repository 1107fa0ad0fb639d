import type { Style } from './style.js';

type Tone = 'good' | 'bad' | 'held' | 'busy' | 'idle';

/** How each state of any kind looks; the names of states are shared between kinds. */
const tones: Readonly<Record<string, Tone>> = {
  ...tone('good', 'completed', 'done', 'succeeded', 'merged', 'approved', 'passed', 'ready', 'ok'),
  ...tone('bad', 'failed', 'denied', 'timed_out', 'checks_failing', 'changes_requested', 'expired', 'fail', 'unknown'),
  ...tone(
    'held',
    'awaiting_approval',
    'paused',
    'partial_done',
    'pending',
    'waiting',
    'not_run',
    'warn',
    'targets_missed',
  ),
  ...tone('busy', 'drafting', 'running', 'measuring', 'doing', 'review', 'started', 'merging', 'preparing', 'open'),
};

function tone(name: Tone, ...states: string[]): Record<string, Tone> {
  return Object.fromEntries(states.map((state) => [state, name]));
}

const marks: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', held: '◆', busy: '●', idle: '○' };

/** A state in the words people read. */
export function stateWords(state: string): string {
  return state.replaceAll('_', ' ');
}

/** The sign that stands for a state in front of a line. */
export function stateMark(state: string, style: Style): string {
  return paintState(marks[tones[state] ?? 'idle'], state, style);
}

/** `text` in the colour of `state`. */
export function paintState(text: string, state: string, style: Style): string {
  switch (tones[state] ?? 'idle') {
    case 'good':
      return style.green(text);
    case 'bad':
      return style.red(text);
    case 'held':
      return style.yellow(text);
    case 'busy':
      return style.cyan(text);
    case 'idle':
      return style.dim(text);
  }
}
