import type { StatusAnswer } from '../graphql/status.js';
import { blocks, fields, lines, type Page, section } from './page.js';
import { paintState, stateWords } from './state.js';
import { formatAgo } from './time.js';
import { waitKindWords } from './waiting.js';

export interface StatusDocument extends StatusAnswer {
  url: string;
  temporalUiUrl: string | null;
}

const typeWords: Readonly<Record<string, string>> = {
  OkrRun: 'OKR run',
  Task: 'task',
  AgentRun: 'agent run',
  ChangeRequest: 'change request',
};

/** Where Fermata is, what is active, and what waits for what. */
export function renderStatus({ url, temporalUiUrl, me, status }: StatusDocument, page: Page): string {
  const { okrRuns, tasks, agentRuns, changeRequests, pendingApprovals, waiting } = status;
  return blocks(
    lines(
      'Fermata is up.',
      fields([
        ['  API', `${url}/graphql`],
        ['  Temporal', temporalUiUrl],
        ['  you', `${me.name}, ${me.role} in ${me.workspace.name}`],
      ]),
    ),
    fields([
      ['OKR runs', counts(okrRuns, page)],
      ['tasks', counts(tasks, page)],
      ['agent runs', counts(agentRuns, page)],
      ['change requests', counts(changeRequests, page)],
    ]),
    section('Waiting', waiting.map((each) => waitLine(each, page)).join('\n'), page),
    pendingApprovals > 0 && page.style.yellow(`${pendingApprovals} waiting for a person: fermata inbox`),
  );
}

function counts(all: StatusAnswer['status']['tasks'], { style }: Page): string {
  const some = all.filter(({ count }) => count > 0);
  if (some.length === 0) return 'none';
  return some.map(({ state, count }) => paintState(`${count} ${stateWords(state)}`, state, style)).join(', ');
}

function waitLine({ type, kind, count, since }: StatusAnswer['status']['waiting'][number], { now }: Page): string {
  const noun = `${typeWords[type] ?? type}${count === 1 ? '' : 's'}`;
  const what = kind === 'work' ? 'at work' : `waiting for ${waitKindWords(kind)}`;
  return `  ${count} ${noun} ${what}, the longest since ${formatAgo(since, now)}`;
}
