import type { Task } from '../graphql/task.js';
import { cancelledBecause } from './cancelled.js';
import { clip, wrap } from './clip.js';
import { costText } from './cost.js';
import { blocks, fields, lines, type Page, section } from './page.js';
import { paintState, stateMark, stateWords } from './state.js';
import { formatAgo, formatDuration } from './time.js';
import { describeWaiting } from './waiting.js';
import { calledAs } from '../called-as.js';

/** A task whole: what was ordered, where it stands, and what checked it. */
export function renderTask(task: Task, page: Page): string {
  const { style, width, now } = page;
  const { id, state, title, okrRun, waitingOn, failure } = task;
  return blocks(
    `${stateMark(state, style)} ${style.bold(wrap(title, width, '  ').trimStart())}`,
    facts(task, page),
    waitingOn && describeWaiting(waitingOn, { id, state, okrRunId: okrRun.id }, { now, width }),
    failure &&
      lines(wrap(`failed: ${failure.message}`, width), canRetry(state) && `try again: ${calledAs} retry ${id}`),
    cancelledBecause(task.cancelReason, page),
    task.summary && section('What was done', wrap(task.summary, width, '  '), page),
    section(
      'Gates',
      lastGates(task)
        .map((gate) => gateLine(gate, page))
        .join('\n'),
      page,
    ),
    task.review && section('Review', renderReview(task.review, page), page),
    section('Agent runs', task.agentRuns.map((run) => agentRunLine(run, page)).join('\n'), page),
    section('Instructions', wrap(task.instructions, width, '  '), page),
    section('Accepted when', bullets(task.acceptanceCriteria, width), page),
    section('Verified by', bullets(task.verificationSteps, width), page),
  );
}

function facts(task: Task, { style, now }: Page): string {
  const { id, state, okrRun, changeRequest } = task;
  return fields([
    ['task', id],
    ['state', paintState(stateWords(state), state, style) + (task.cancelRequestedAt ? ' (being cancelled)' : '')],
    ['run', `${okrRun.id}  ${clip(okrRun.objective?.title ?? okrRun.goal, 30)}`],
    ['repository', task.repository.name],
    ['agent', `${task.assignee.name}, ${task.assignee.model}`],
    ['attempts', String(task.attempts)],
    ['begun', task.startedAt && formatAgo(task.startedAt, now)],
    ['ended', task.endedAt && formatAgo(task.endedAt, now)],
    ['cost', costText(task.cost)],
    ['branch', task.branch],
    ['change', changeRequest && `${changeRequest.id}, ${stateWords(changeRequest.state)}`],
    ['merged as', changeRequest?.mergedCommit],
    ['after', task.dependsOn.map(({ key, state: standing }) => `${key} (${stateWords(standing)})`).join(', ')],
  ]);
}

function canRetry(state: string): boolean {
  return state === 'failed' || state === 'partial_done';
}

/** Of each gate in each phase what it said last. */
function lastGates({ gates }: Task): Task['gates'] {
  return [...new Map(gates.map((gate) => [`${gate.phase} ${gate.name}`, gate])).values()];
}

function gateLine(
  { name, state, phase, durationMs, commit, exitCode }: Task['gates'][number],
  { style }: Page,
): string {
  const exit = exitCode === null || exitCode === 0 ? '' : `, exit ${exitCode}`;
  const when = phase === 'landing' ? ' before landing' : '';
  return `  ${stateMark(state, style)} ${name}: ${stateWords(state)}${when} ${commit === null ? '' : `on ${commit.slice(0, 12)} `}in ${formatDuration(durationMs)}${exit}`;
}

function renderReview({ verdict, summary, findings }: NonNullable<Task['review']>, { style, width }: Page): string {
  const state = verdict === 'approve' ? 'approved' : 'changes_requested';
  return lines(
    `  ${stateMark(state, style)} ${stateWords(verdict)}`,
    wrap(summary, width, '    '),
    ...findings.map(({ file, line, severity, message }) =>
      wrap(`- ${severity}: ${file}${line === null ? '' : `:${line}`}: ${message}`, width, '    '),
    ),
  );
}

function agentRunLine({ id, kind, state, cost }: Task['agentRuns'][number], { style }: Page): string {
  return `  ${stateMark(state, style)} ${kind.padEnd(6)}  ${id}  ${costText(cost)}`;
}

function bullets(items: readonly string[], width: number): string {
  return items.map((item) => `  - ${wrap(item, width, '    ').trimStart()}`).join('\n');
}
