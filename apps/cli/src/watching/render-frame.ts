import { formatUsd } from '@fermata/contracts';
import type { OkrRun } from '../graphql/okr-run.js';
import { clip } from '../rendering/clip.js';
import { costText } from '../rendering/cost.js';
import { titleOf } from '../rendering/okr-run.js';
import type { Page } from '../rendering/page.js';
import { runStanding } from '../rendering/run-standing.js';
import { paintState, stateMark, stateWords } from '../rendering/state.js';
import { standingOf } from '../rendering/task-lines.js';
import { formatDuration } from '../rendering/time.js';
import { releaseCommand, waitKindWords } from '../rendering/waiting.js';

export interface FrameRoom extends Page {
  rows: number;
  /** The server is away. */
  lost: boolean;
}

/** The lines of the live view: the run, what it waits for and how to release it, and each task in one line. */
export function renderFrame(run: OkrRun, room: FrameRoom): string[] {
  const head = [...headLines(run, room), ...waitLines(run, room)];
  const space = Math.max(1, room.rows - head.length - 1);
  const shown = run.tasks.length <= space ? run.tasks : mostTelling(run.tasks, space - 1);
  const hidden = run.tasks.length - shown.length;
  const more = hidden > 0 ? [room.style.dim(`  and ${hidden} more`)] : [];
  return [...head, ...shown.map((task) => taskLine(task, room)), ...more];
}

function headLines(run: OkrRun, { style, width, now, lost }: FrameRoom): string[] {
  const elapsed = formatDuration(Math.max(0, now.getTime() - Date.parse(run.createdAt)));
  const cap = run.budget?.limitMicros == null ? '' : ` of ${formatUsd(run.budget.limitMicros)}`;
  const { painted, words } = runStanding(run);
  const facts = `${elapsed}  ${costText(run.cost)}${cap}`;
  return [
    style.dim('─'.repeat(Math.min(width - 1, 60))),
    `${stateMark(painted, style)} ${style.bold(clip(titleOf(run), width - 3))}`,
    `  ${paintState(words, painted, style)}  ${facts}${lost ? style.red('  server away, trying again') : ''}`,
  ];
}

function waitLines(run: OkrRun, { style, width }: FrameRoom): string[] {
  const { waitingOn, id, state } = run;
  if (waitingOn === null || waitingOn.kind === 'work') return [];
  const command = releaseCommand(waitingOn, { id, state, okrRunId: id });
  const text = clip(`waits for ${waitKindWords(waitingOn.kind)}: ${waitingOn.detail}`, width - 3);
  return [style.yellow(`  ${text}`), ...(command === null ? [] : [style.yellow(`  ${clip(command, width - 3)}`)])];
}

function taskLine(task: OkrRun['tasks'][number], { style, width, now }: FrameRoom): string {
  const standing = standingOf(task, { now });
  const title = clip(task.title, Math.floor(width / 2) - 4);
  const rest = clip(standing === '' ? stateWords(task.state) : standing, width - title.length - 8);
  return `  ${stateMark(task.state, style)} ${title}  ${style.dim(rest)}`;
}

const order = ['doing', 'review', 'failed', 'partial_done', 'todo', 'done'];

/** When not all fit: those at work first, those done last. */
function mostTelling(tasks: OkrRun['tasks'], space: number): OkrRun['tasks'] {
  const rank = (state: string) => (order.indexOf(state) + order.length) % order.length;
  return [...tasks].sort((a, b) => rank(a.state) - rank(b.state)).slice(0, Math.max(0, space));
}
