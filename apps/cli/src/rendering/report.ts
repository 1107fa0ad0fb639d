import type { Report } from '../graphql/okr-run.js';
import { cancelledBecause } from './cancelled.js';
import { wrap } from './clip.js';
import { about, costWordsFrom } from './cost.js';
import { formatValue } from './measure.js';
import { blocks, lines, type Page, section } from './page.js';
import { runStanding } from './run-standing.js';
import { paintState, stateMark, stateWords } from './state.js';
import { formatDuration } from './time.js';

/** What a finished run says of itself. */
export function renderReport(report: Report, page: Page): string {
  const { style, width } = page;
  const {
    outcome,
    summary,
    durationMs,
    costMicros,
    costEstimated,
    costSource,
    estimatedMicros,
    keyResults,
    tasks,
    targetsMet,
  } = report;
  const { painted, words } = runStanding({ state: outcome, keyResults });
  const cost = `${costWordsFrom(costSource, { micros: costMicros, estimated: costEstimated })}${estimatedMicros === null ? '' : ` (estimated ${about(estimatedMicros)})`}`;
  return blocks(
    lines(
      `${stateMark(painted, style)} ${paintState(style.bold(words), painted, style)} in ${formatDuration(durationMs)} for ${cost}`,
      wrap(summary, width),
      cancelledBecause(report.cancelReason, page),
    ),
    section(
      `Key results: ${targetsMet} of ${keyResults.length} met`,
      keyResults.map((result) => renderResult(result, page)).join('\n'),
      page,
    ),
    section('Tasks', tasks.map((task) => renderTask(task, page)).join('\n'), page),
  );
}

function renderResult(
  { title, unit, baseline, value, target, met, failure }: Report['keyResults'][number],
  { style, width }: Page,
): string {
  const values = `${formatValue(baseline, unit)} → ${formatValue(value, unit)}, target ${formatValue(target, unit)}`;
  return lines(
    `${stateMark(met ? 'passed' : 'failed', style)} ${wrap(title, width, '  ').trimStart()}`,
    wrap(values, width, '    '),
    failure && wrap(`not measured: ${failure.message}`, width, '    '),
  );
}

function renderTask(
  { title, state, taskId, mergedCommit, keptBranch, failure }: Report['tasks'][number],
  { style, width }: Page,
): string {
  const where = mergedCommit === null ? '' : `merged as ${mergedCommit.slice(0, 12)}`;
  return lines(
    `${stateMark(state, style)} ${wrap(title, width, '  ').trimStart()}`,
    `    ${[stateWords(state), where, taskId].filter((part) => part !== '').join(', ')}`,
    keptBranch !== null && `    its work is kept on the branch ${keptBranch}`,
    failure && wrap(`why: ${failure.message}`, width, '    '),
  );
}
