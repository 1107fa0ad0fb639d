import { budgetName, BudgetPeriod, BudgetScope, EventType, formatUsd } from '@fermata/contracts';
import type { Event } from '../graphql/events.js';
import { clip } from './clip.js';
import { formatNumber } from './measure.js';
import { stateMark, stateWords } from './state.js';
import type { Style } from './style.js';
import { calledAs } from '../called-as.js';

/** What ids are called, as far as it is known: titles of tasks and key results, kinds of agent runs. */
export type Names = ReadonlyMap<string, string>;

interface Told {
  event: Event;
  data: Readonly<Record<string, unknown>>;
  /** The task, or the run when it is about no task. */
  about: string;
  names: Names;
}

interface Line {
  /** The state whose sign stands in front. */
  state: string;
  text: string;
}

type Tell = (told: Told) => Line | null;

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const count = (value: unknown, noun: string) => `${Number(value)} ${noun}${Number(value) === 1 ? '' : 's'}`;

const tellers: Readonly<Record<EventType, Tell>> = {
  [EventType.okrRunSubmitted]: () => ({ state: 'started', text: 'goal submitted' }),
  [EventType.okrRunStateChanged]: ({ data }) => moved('run', data),
  [EventType.planDrafted]: ({ data }) => ({
    state: 'done',
    text: `plan drafted: ${count(data['keyResults'], 'key result')}, ${count(data['tasks'], 'task')}`,
  }),
  [EventType.planEdited]: ({ data }) => ({ state: 'done', text: `plan edited: ${count(data['tasks'], 'task')}` }),
  [EventType.taskStateChanged]: ({ data, about }) => moved(about, data),
  [EventType.agentRunStateChanged]: ({ data, about, event, names }) => tellAgentRun(data, { about, event, names }),
  [EventType.stepStarted]: () => null,
  [EventType.stepEnded]: () => null,
  [EventType.gateRan]: ({ data, about }) => ({
    state: text(data['state']),
    text: `${about}: gate ${text(data['name'])} ${stateWords(text(data['state']))}`,
  }),
  [EventType.reviewGiven]: ({ data, about }) => ({
    state: data['verdict'] === 'approve' ? 'approved' : 'changes_requested',
    text: `${about}: review says ${stateWords(text(data['verdict']))}, ${count(data['findings'], 'finding')}`,
  }),
  [EventType.approvalRequested]: ({ data, event }) => ({
    state: 'pending',
    text: `waits for you: ${text(data['title'])}  ${calledAs} approve ${event.subjectId ?? ''}`,
  }),
  [EventType.approvalDecided]: ({ data, event }) => ({
    state: text(data['to']),
    text: `decision ${event.subjectId ?? ''}: ${stateWords(text(data['to']))}`,
  }),
  [EventType.changeRequestStateChanged]: ({ data, about }) => {
    const to = text(data['to']);
    const quiet = ['', 'preparing', 'open', 'ready', 'merging'].includes(to);
    return quiet ? null : { state: to, text: `${about}: change request ${stateWords(to)}` };
  },
  [EventType.keyResultMeasured]: ({ data, event, names }) => {
    const value = typeof data['value'] === 'number' ? formatNumber(data['value']) : 'could not be measured';
    const name = names.get(event.subjectId ?? '') ?? 'key result';
    const state = data['met'] === false ? 'failed' : 'done';
    return { state, text: `${name}: ${data['phase'] === 'final' ? 'now' : 'before'} ${value}` };
  },
  [EventType.budgetChanged]: () => ({ state: 'done', text: 'the budget was changed' }),
  [EventType.budgetThresholdReached]: ({ data }) => tellThreshold(data),
  [EventType.repositoryAdded]: () => null,
  [EventType.agentSaved]: () => null,
  [EventType.secretSaved]: () => null,
  [EventType.secretRemoved]: () => null,
  [EventType.mcpServerFailed]: ({ data, about }) => ({
    state: 'failed',
    text: `${about}: goes on without the MCP server ${text(data['server'])}: ${text(data['reason'])}`,
  }),
  [EventType.modelChosen]: ({ data, about }) => ({
    state: 'started',
    text: `${about}: goes on with ${text(data['model'])}. ${text(data['reason'])}`,
  }),
  [EventType.modelCircuitOpened]: ({ data }) => ({
    state: 'waiting',
    text: `${text(data['model'])} at ${text(data['host'])} is away (${text(data['reason'])}): left alone until ${text(data['until'])}`,
  }),
  [EventType.modelCircuitClosed]: ({ data }) => ({
    state: 'done',
    text: `${text(data['model'])} at ${text(data['host'])} is back`,
  }),
};

function moved(what: string, data: Told['data']): Line {
  const [from, to] = [text(data['from']), text(data['to'])];
  if (data['cancelRequested'] === true) return { state: 'waiting', text: `${what}: somebody asked to cancel it` };
  return { state: to, text: `${what}: ${from === '' ? '' : `${stateWords(from)} → `}${stateWords(to)}` };
}

function tellThreshold(data: Told['data']): Line {
  const scope = Object.values(BudgetScope).find((one) => one === data['scope']);
  const period = Object.values(BudgetPeriod).find((one) => one === data['period']);
  const name = scope && period ? budgetName({ scope, period, subjectId: text(data['subjectId']) }) : 'a budget';
  const amounts = `${formatUsd(Number(data['spentMicros']))} of ${formatUsd(Number(data['limitMicros']))}`;
  const percent = Number(data['percent']);
  return { state: percent < 100 ? 'waiting' : 'failed', text: `${percent} % of ${name} is spent: ${amounts}` };
}

function tellAgentRun(data: Told['data'], { about, event, names }: Omit<Told, 'data'>): Line | null {
  const to = text(data['to']);
  const kind = names.get(event.agentRunId ?? '') ?? 'agent run';
  if (to === 'running' && data['from'] === 'queued') return { state: to, text: `${about}: ${kind} begins` };
  if (to === 'running') return { state: to, text: `${about}: ${kind} goes on` };
  const quiet = to === '' || to === 'queued' || to === 'succeeded';
  return quiet ? null : { state: to, text: `${about}: ${kind} ${stateWords(to)}` };
}

/** What a follower is told of an event, with its sign; null when it is not worth a line. */
export function tellEvent(event: Event, names: Names): Line | null {
  const tell = (tellers as Readonly<Record<string, Tell | undefined>>)[event.type];
  // A newer server may tell of things that this command does not know.
  if (tell === undefined) return { state: '', text: stateWords(event.type) };
  const about = event.taskId === null ? 'run' : (names.get(event.taskId) ?? event.taskId);
  const data = (event.data ?? {}) as Readonly<Record<string, unknown>>;
  return tell({ event, data, about: clip(about, 60), names });
}

export function renderLine({ state, text: words }: Line, style: Style): string {
  return `${stateMark(state, style)} ${clip(words, Infinity)}`;
}
