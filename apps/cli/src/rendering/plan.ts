import { formatUsd, type GateDefinition, type Plan } from '@fermata/contracts';
import { wrap } from './clip.js';
import { describeMeasure, formatValue } from './measure.js';
import { blocks, fields, lines, type Page, section } from './page.js';

/** What the approval of a plan is about: the plan, where it would run, what checks it, and what it may cost. */
export interface PlanQuestion extends Plan {
  goal: string;
  revision: number;
  repository: { name: string; location: string; defaultBranch: string; gateSource: string };
  gates: readonly GateDefinition[];
  estimatedMicros: number | null;
  budgetMicros: number | null;
}

/** All that is being approved, nothing shortened: it is the last look before it runs. */
export function renderPlanQuestion(question: PlanQuestion, page: Page): string {
  const { objective, keyResults, tasks, repository } = question;
  const { style, width } = page;
  return blocks(
    lines(style.bold(wrap(objective.title, width)), wrap(objective.description, width)),
    fields([
      ['repository', `${repository.name} at ${repository.location}`],
      ['lands on', repository.defaultBranch],
      ['estimate', question.estimatedMicros === null ? 'none' : `about ${formatUsd(question.estimatedMicros)}`],
      ['budget', question.budgetMicros === null ? 'no cap' : formatUsd(question.budgetMicros)],
      ['edited', question.revision > 0 ? `${question.revision} times` : null],
    ]),
    section('Key results', keyResults.map((each) => renderKeyResult(each, page)).join('\n'), page),
    section('Tasks', tasks.map((each, index) => renderTask(each, index, page)).join('\n'), page),
    section('Gates', renderGates(question, page), page),
  );
}

function renderKeyResult(result: Plan['keyResults'][number], { width }: Page): string {
  const { title, unit, target, direction, statedBaseline, measure } = result;
  const from = statedBaseline === null ? '' : `about ${formatValue(statedBaseline, unit)} today, `;
  return lines(
    `- ${wrap(title, width, '  ').trimStart()}`,
    `    ${from}target ${direction === 'increase' ? 'at least' : 'at most'} ${formatValue(target, unit)}`,
    wrap(describeMeasure(measure), width, '    '),
  );
}

function renderTask(task: Plan['tasks'][number], index: number, { width, style }: Page): string {
  const after = task.dependsOn.length === 0 ? '' : `after ${task.dependsOn.join(', ')}`;
  return lines(
    `${index + 1}. ${wrap(task.title, width, '   ').trimStart()}  ${style.dim(task.key)}`,
    after && `     ${after}`,
    wrap(task.instructions, width, '     '),
    list('accepted when', task.acceptanceCriteria, width),
    list('verified by', task.verificationSteps, width),
    list('expected to change', task.predictedPaths, width),
  );
}

function list(title: string, items: readonly string[], width: number): string {
  if (items.length === 0) return '';
  return [`     ${title}:`, ...items.map((item) => `     - ${wrap(item, width, '       ').trimStart()}`)].join('\n');
}

function renderGates({ gates, repository }: PlanQuestion, { style, width }: Page): string {
  if (gates.length === 0) return style.yellow(wrap('No gates: nothing checks the work before it is merged.', width));
  const source = repository.gateSource === 'detected' ? 'found in the repository' : 'as you declared them';
  return [
    `(${source})`,
    ...gates.map(({ name, command }) => `- ${name}: ${wrap(command, width, '    ').trimStart()}`),
  ].join('\n');
}
