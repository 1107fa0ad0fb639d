import type { ResultOf } from 'gql.tada';
import type { taskLineFields } from '../graphql/fragments.js';
import { clip } from './clip.js';
import { costText } from './cost.js';
import type { Page } from './page.js';
import { paintState, stateMark, stateWords } from './state.js';
import { renderTable } from './table.js';
import { formatAgo } from './time.js';
import { waitKindWords } from './waiting.js';

export type TaskLine = ResultOf<typeof taskLineFields>;

/** A task in two lines: what it is and where it stands; and what it waits for, or why it failed. */
export function renderTaskLines(tasks: readonly TaskLine[], page: Page): string {
  return tasks.map((task) => renderTaskLine(task, page)).join('\n');
}

function renderTaskLine(task: TaskLine, { style, width, now }: Page): string {
  const { id, state, title, attempts } = task;
  const again = attempts > 1 ? `, attempt ${attempts}` : '';
  const standing = `${stateWords(state)}${again}`;
  const head = `${stateMark(state, style)} ${clip(title, width - 2)}`;
  const second = `    ${paintState(standing, state, style)}  ${style.dim(id)}`;
  const third = standingOf(task, { now });
  return [head, second, ...(third === '' ? [] : [`    ${clip(third, width - 4)}`])].join('\n');
}

/** What a task waits for or why it failed, in one line. Empty when there is nothing to say. */
export function standingOf({ waitingOn, failure }: TaskLine, { now }: { now: Date }): string {
  if (failure !== null) return failure.message;
  if (waitingOn === null) return '';
  const lead = waitingOn.kind === 'work' ? '' : `waits for ${waitKindWords(waitingOn.kind)}: `;
  return `${lead}${waitingOn.detail} (${formatAgo(waitingOn.since, now)})`;
}

export function renderTaskTable(tasks: readonly TaskLine[], { style, width, now }: Page): string {
  if (tasks.length === 0) return 'No tasks.';
  return renderTable(
    tasks,
    [
      { title: 'ID', value: ({ id }) => id },
      {
        title: 'STATE',
        value: ({ state }) => stateWords(state),
        paint: (text, { state }) => paintState(text, state, style),
      },
      { title: 'TITLE', value: ({ title }) => title, flexible: true },
      { title: 'COST', value: ({ cost }) => costText(cost), align: 'right' },
      { title: 'MADE', value: ({ createdAt }) => formatAgo(createdAt, now), align: 'right' },
    ],
    { style, width },
  );
}
