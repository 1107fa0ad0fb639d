import type { StatusAnswer } from '../graphql/status.js';
import { blocks, fields, lines, type Page, section } from './page.js';
import { paintState, stateWords } from './state.js';
import { formatAgo } from './time.js';
import { waitKindWords } from './waiting.js';
import { calledAs } from '../called-as.js';

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
  const { hosts, modelCircuits, okrRuns, tasks, agentRuns, changeRequests, pendingApprovals, waiting } = status;
  return blocks(
    lines(
      'Fermata is up.',
      fields([
        ['  API', `${url}/graphql`],
        ['  Temporal', temporalUiUrl],
        ['  you', `${me.name}, ${me.role} in ${me.workspace.name}`],
      ]),
    ),
    section('Workers', hosts.map((each) => hostLine(each, page)).join('\n'), page),
    noWorker(hosts, page),
    section('Model providers', modelCircuits.map((each) => circuitLine(each, page)).join('\n'), page),
    fields([
      ['OKR runs', counts(okrRuns, page)],
      ['tasks', counts(tasks, page)],
      ['agent runs', counts(agentRuns, page)],
      ['change requests', counts(changeRequests, page)],
    ]),
    section('Waiting', waiting.map((each) => waitLine(each, page)).join('\n'), page),
    pendingApprovals > 0 && page.style.yellow(`${pendingApprovals} waiting for a person: ${calledAs} inbox`),
  );
}

export type ModelCircuit = StatusAnswer['status']['modelCircuits'][number];
type Host = StatusAnswer['status']['hosts'][number];

function hostLine({ name, id, alive, stoppedAt, lastSeenAt }: Host, { style, now }: Page): string {
  const who = `${name} (host ${id})`;
  if (alive) return `  ${style.green('●')} ${who} is alive, last heard of ${formatAgo(lastSeenAt, now)}`;
  if (stoppedAt !== null) return `  ${style.dim('○')} ${who} was stopped ${formatAgo(stoppedAt, now)}`;
  return `  ${style.red('○')} ${who} has not been heard of since ${formatAgo(lastSeenAt, now)}`;
}

export function circuitWords({ model, host, circuit, reason, until }: ModelCircuit): string {
  const why = reason === null ? '' : ` (${reason})`;
  const again = until === null ? '' : ` until ${until}`;
  if (circuit === 'closed') return `${model} at ${host} limits calls${why}${again}`;
  if (circuit === 'half_open') return `${model} at ${host} was away${why}: one call tries whether it is back`;
  return `${model} at ${host} is away${why}: no call${again}`;
}

function circuitLine(each: ModelCircuit, { style, now }: Page): string {
  const sign = each.circuit === 'closed' ? style.yellow('●') : style.red('○');
  return `  ${sign} ${circuitWords(each)}, since ${formatAgo(each.since, now)}`;
}

function noWorker(hosts: readonly Host[], { style }: Page): string | false {
  if (hosts.some(({ alive }) => alive)) return false;
  const text = 'No worker is alive: nothing goes on until one is. Nothing is lost.';
  return style.red(`${text} \`${calledAs} up\` starts one, and restarts one that hangs.`);
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
