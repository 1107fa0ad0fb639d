import { Containment, formatUsd } from '@fermata/contracts';
import type { AgentRun, AgentRunLine, Step } from '../graphql/agent-run.js';
import { clip, wrap } from './clip.js';
import { costText, costWordsFrom } from './cost.js';
import { blocks, fields, type Page, section } from './page.js';
import { paintState, stateMark, stateWords } from './state.js';
import { renderTable } from './table.js';
import { formatAgo, formatDuration } from './time.js';
import { describeWaiting } from './waiting.js';
import { calledAs } from '../called-as.js';

/** A run with its steps, one line each. */
export function renderAgentRun(run: AgentRun & { steps: readonly Step[] }, page: Page): string {
  const { style, width, now } = page;
  const { id, state, kind, title, task, okrRun, waitingOn, failure, steps, children } = run;
  return blocks(
    `${stateMark(state, style)} ${style.bold(clip(`${kind}: ${title ?? task?.title ?? okrRun.goal}`, width - 2))}`,
    facts(run, page),
    waitingOn && describeWaiting(waitingOn, { id, state, okrRunId: okrRun.id }, { now, width }),
    failure && wrap(`failed: ${failure.message}`, width),
    section(
      `Steps: ${steps.length} of at most ${run.maxSteps}`,
      steps.map((step, at) => renderStep(saidOnce(step, steps.slice(0, at), run), page)).join('\n'),
      page,
    ),
    section('Subtasks', children.map((child) => subtaskLine(child, page)).join('\n'), page),
    run.result !== null && section('Result', wrap(resultText(run.result), width, '  '), page),
    steps.length > 0 && style.dim(`What each step said and did: ${calledAs} logs ${id}`),
  );
}

function facts(run: AgentRun, { style, now }: Page): string {
  const { id, state, task, okrRun, parent } = run;
  return fields([
    ['agent run', id],
    ['state', paintState(stateWords(state), state, style)],
    ['part of', parent && `${parent.id} (${parent.kind})`],
    ['task', task?.id],
    ['run', okrRun.id],
    ['agent', `${run.agent.name}, ${run.model}, ${run.runtime}`],
    ['because', run.modelReason],
    ['begun', formatAgo(run.startedAt ?? run.createdAt, now)],
    ['took', run.endedAt && run.startedAt && formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt))],
    ['cost', `${costWordsFrom(run.costSource, run.cost)}; ${usageWords(run.usage)}`],
    ['budget', run.budget && budgetWords(run.budget)],
    ['worktree', run.worktree && `${run.worktree} on ${run.host ?? 'its host'}`],
    ['contained', run.containment && containmentWords(run.containment)],
  ]);
}

/** Of what its subtasks spend too. */
function budgetWords({ limitMicros, spentMicros }: NonNullable<AgentRun['budget']>): string {
  return `${formatUsd(spentMicros)} spent of ${limitMicros === null ? 'no limit' : formatUsd(limitMicros)}`;
}

function subtaskLine({ id, state, title, cost }: AgentRun['children'][number], { style, width }: Page): string {
  return `  ${stateMark(state, style)} ${clip(`${id}  ${costText(cost)}  ${title ?? ''}`, width - 4)}`;
}

function containmentWords(containment: NonNullable<AgentRun['containment']>): string {
  return containment === Containment.none ? 'no: its programs run as the user of the worker' : `by ${containment}`;
}

function usageWords({ inputTokens, outputTokens, cacheReadTokens }: AgentRun['usage']): string {
  return `${inputTokens} tokens in, ${cacheReadTokens} from the cache, ${outputTokens} out`;
}

function resultText(result: unknown): string {
  const { summary } = (result ?? {}) as { summary?: unknown };
  return typeof summary === 'string' ? summary : JSON.stringify(result, null, 2);
}

/** Why a model was asked is said where it is another one than before, or is that of the run for another reason. */
function saidOnce(step: Step, earlier: readonly Step[], run: AgentRun): Step {
  const before = earlier.findLast(({ kind }) => kind === 'model') ?? { name: run.model, modelReason: run.modelReason };
  const { name, modelReason } = step;
  if (name !== before.name) return step;
  const isNews = name === run.model && ![before.modelReason, run.modelReason].includes(modelReason);
  return isNews ? step : { ...step, modelReason: null };
}

export function renderStep(
  { index, kind, name, state, startedAt, endedAt, cost, failure, modelReason }: Step,
  { style, width }: Page,
): string {
  const took = endedAt === null ? '' : formatDuration(Date.parse(endedAt) - Date.parse(startedAt));
  const price = cost === null ? '' : costText(cost);
  const why = failure === null ? '' : `: ${failure.message}`;
  const because = modelReason === null ? '' : `  (${modelReason})`;
  const text = `${kind} ${name}  ${[took, price].filter((part) => part !== '').join('  ')}${because}${why}`;
  return `  ${String(index).padStart(3)} ${stateMark(state, style)} ${clip(text, width - 8)}`;
}

export function renderAgentRuns(runs: readonly AgentRunLine[], { style, width, now }: Page): string {
  if (runs.length === 0) return 'No agent runs.';
  return renderTable(
    runs,
    [
      { title: 'ID', value: ({ id }) => id },
      { title: 'KIND', value: ({ kind }) => kind },
      {
        title: 'STATE',
        value: ({ state }) => stateWords(state),
        paint: (text, { state }) => paintState(text, state, style),
      },
      { title: 'MODEL', value: ({ model }) => model, flexible: true },
      { title: 'COST', value: ({ cost }) => costText(cost), align: 'right' },
      { title: 'MADE', value: ({ createdAt }) => formatAgo(createdAt, now), align: 'right' },
    ],
    { style, width },
  );
}
