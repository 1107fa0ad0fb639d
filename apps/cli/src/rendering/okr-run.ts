import { formatUsd } from '@fermata/contracts';
import type { ListedOkrRun, OkrRun, OkrRunLine } from '../graphql/okr-run.js';
import { cancelledBecause } from './cancelled.js';
import { clip, wrap } from './clip.js';
import { about, costText } from './cost.js';
import { describeMeasure, formatValue } from './measure.js';
import { blocks, fields, lines, type Page, section } from './page.js';
import { renderReport } from './report.js';
import { runStanding } from './run-standing.js';
import { paintState, stateMark, stateWords } from './state.js';
import { renderTable } from './table.js';
import { renderTaskLines } from './task-lines.js';
import { formatAgo, formatDuration } from './time.js';
import { describeWaiting } from './waiting.js';
import { calledAs } from '../called-as.js';

/** What a run is called: its objective once it has one, else its goal. */
export function titleOf({ objective, goal }: Pick<OkrRunLine, 'objective' | 'goal'>): string {
  return objective?.title ?? goal;
}

export function renderOkrRuns(runs: readonly ListedOkrRun[], { style, width, now }: Page): string {
  if (runs.length === 0) return `No OKR runs yet. Begin one: ${calledAs} go "<goal>"`;
  return renderTable(
    runs,
    [
      { title: 'ID', value: ({ id }) => id },
      {
        title: 'STATE',
        value: (run) => runStanding(run).words,
        paint: (text, run) => paintState(text, runStanding(run).painted, style),
      },
      { title: 'OBJECTIVE', value: titleOf, flexible: true },
      { title: 'COST', value: ({ cost }) => costText(cost), align: 'right' },
      { title: 'STARTED', value: ({ createdAt }) => formatAgo(createdAt, now), align: 'right' },
    ],
    { style, width },
  );
}

/** A run whole: where it stands, what it is to reach, its tasks, and its report when it has ended. */
export function renderOkrRun(run: OkrRun, page: Page): string {
  const { style, width } = page;
  return blocks(
    lines(
      `${stateMark(runStanding(run).painted, style)} ${style.bold(wrap(titleOf(run), width, '  ').trimStart())}`,
      run.objective?.description ? wrap(run.objective.description, width, '  ') : '',
    ),
    facts(run, page),
    waitingBlock(run, page),
    run.failure && wrap(`failed: ${run.failure.message}`, width),
    run.report === null && cancelledBecause(run.cancelReason, page),
    run.report === null &&
      section('Key results', run.keyResults.map((each) => renderKeyResult(each, page)).join('\n'), page),
    run.report === null && section('Tasks', renderTaskLines(tasksOf(run), page), page),
    run.report !== null && renderReport(run.report, page),
  );
}

/** Nothing waits in a run that has ended, whatever its tasks were waiting for when it did. */
function tasksOf({ tasks, endedAt }: OkrRun): OkrRun['tasks'] {
  return endedAt === null ? tasks : tasks.map((task) => ({ ...task, waitingOn: null }));
}

function facts(run: OkrRun, { style, width, now }: Page): string {
  const { painted, words } = runStanding(run);
  const ended = run.endedAt === null ? '' : `, ended ${formatAgo(run.endedAt, now)}`;
  const lasted =
    run.endedAt === null ? '' : ` after ${formatDuration(Date.parse(run.endedAt) - Date.parse(run.createdAt))}`;
  return fields([
    ['run', run.id],
    ['state', paintState(words, painted, style) + pausedFrom(run)],
    ['goal', run.objective === null ? null : clip(run.goal, width - 12)],
    ['repository', `${run.repository.name} (${run.repository.id})`],
    ['agent', `${run.agent.name}, ${run.agent.model}`],
    ['begun', `${formatAgo(run.createdAt, now)}${ended}${lasted}`],
    ['cost', costWords(run)],
    ['parallel', `up to ${run.maxParallelTasks} tasks`],
  ]);
}

function pausedFrom({ pausedFrom, cancelRequestedAt, endedAt }: OkrRun): string {
  if (endedAt !== null) return '';
  if (cancelRequestedAt !== null) return ' (being cancelled)';
  return pausedFrom === null ? '' : ` (was ${stateWords(pausedFrom)})`;
}

/** Spent, of what, and what was estimated. */
export function costWords({ cost, budget }: Pick<OkrRunLine, 'cost' | 'budget'>): string {
  const cap = budget?.limitMicros == null ? 'no cap' : `of ${formatUsd(budget.limitMicros)}`;
  const estimate = cost.estimatedMicros === null ? '' : `, estimated ${about(cost.estimatedMicros)}`;
  return `${costText(cost)}, ${cap}${estimate}`;
}

function waitingBlock({ id, state, waitingOn, approval }: OkrRun, page: Page): string {
  const { now, width } = page;
  if (waitingOn === null) return '';
  const subjectId = waitingOn.subjectId ?? (approval?.state === 'pending' ? approval.id : null);
  const title = waitingOn.kind === 'work' ? 'Now' : 'Waiting';
  return section(
    title,
    describeWaiting({ ...waitingOn, subjectId }, { id, state, okrRunId: id }, { now, width }),
    page,
  );
}

function renderKeyResult(result: OkrRun['keyResults'][number], { style, width }: Page): string {
  const { title, unit, baseline, statedBaseline, value, target, direction, met, measure } = result;
  const mark = met === null ? style.dim('○') : stateMark(met ? 'passed' : 'failed', style);
  const from =
    baseline === null ? `about ${formatValue(statedBaseline, unit)} today` : `was ${formatValue(baseline, unit)}`;
  const now = value === null ? '' : `, now ${formatValue(value, unit)}`;
  const bound = direction === 'increase' ? 'at least' : 'at most';
  return lines(
    `${mark} ${wrap(title, width, '  ').trimStart()}`,
    `    ${from}${now}, target ${bound} ${formatValue(target, unit)}`,
    wrap(describeMeasure(measure), width, '    '),
  );
}
