import type { Approval } from '../graphql/approval.js';
import { wrap } from './clip.js';
import { blocks, fields, lines, type Page } from './page.js';
import { type PlanQuestion, renderPlanQuestion } from './plan.js';
import { paintState, stateMark, stateWords } from './state.js';
import { formatAgo } from './time.js';

/** What is decided, whole, and how it stands. */
export function renderApproval(approval: Approval, page: Page): string {
  const { style, width, now } = page;
  const { id, state, title, okrRun, task } = approval;
  return blocks(
    `${stateMark(state, style)} ${style.bold(wrap(title, width, '  ').trimStart())}`,
    fields([
      ['approval', id],
      ['state', paintState(stateWords(state), state, style)],
      ['run', okrRun.id],
      ['task', task && `${task.id}  ${task.title}`],
      ['asked', formatAgo(approval.requestedAt, now)],
      ['expires', state === 'pending' ? `${formatAgo(approval.expiresAt, now)}; unanswered, the answer is no` : null],
      ['decided', approval.decidedAt && `${formatAgo(approval.decidedAt, now)} by ${approval.decidedBy ?? 'fermata'}`],
      ['answer', approval.answer],
      ['reason', approval.reason],
      ['digest', approval.digest],
    ]),
    renderSubject(approval, page),
    state === 'pending' &&
      lines(`approve: fermata approve ${id}${answerHint(approval)}`, `deny:    fermata deny ${id}`),
  );
}

/** What a decision is about. */
export function renderSubject({ kind, detail }: Pick<Approval, 'kind' | 'detail'>, page: Page): string {
  if (kind === 'plan' && isPlanQuestion(detail)) return renderPlanQuestion(detail, page);
  const given = (detail ?? {}) as Record<string, unknown>;
  return Object.entries(given)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => renderMember(name, value, page))
    .join('\n');
}

function renderMember(name: string, value: unknown, { width }: Page): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const label = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  if (!text.includes('\n') && text.length + label.length + 2 <= width) return `${label}: ${text}`;
  return `${label}:\n${wrap(text, width, '  ')}`;
}

function isPlanQuestion(detail: unknown): detail is PlanQuestion {
  const { objective, keyResults, tasks, gates } = (detail ?? {}) as Partial<PlanQuestion>;
  return [keyResults, tasks, gates].every(Array.isArray) && typeof objective?.title === 'string';
}

/** What must be said with a yes. */
export function answerHint({ kind }: Pick<Approval, 'kind'>): string {
  if (kind === 'question') return ' --answer "<text>"';
  return kind === 'measurement' ? ' --answer <number>' : '';
}

/** The inbox: each question with the commands that answer it. */
export function renderInbox(approvals: readonly Approval[], page: Page): string {
  if (approvals.length === 0) return 'Nothing waits for you.';
  const { style, width, now } = page;
  return approvals
    .map((approval) =>
      lines(
        `${stateMark(approval.state, style)} ${wrap(approval.title, width, '  ').trimStart()}`,
        `    ${stateWords(approval.kind)}, asked ${formatAgo(approval.requestedAt, now)}, expires ${formatAgo(approval.expiresAt, now)}`,
        `    fermata approve ${approval.id}${answerHint(approval)}`,
      ),
    )
    .join('\n');
}
