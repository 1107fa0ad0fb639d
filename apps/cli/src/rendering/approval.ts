import type { Approval } from '../graphql/approval.js';
import { wrap } from './clip.js';
import { blocks, fields, lines, type Page } from './page.js';
import { type PlanQuestion, renderPlanQuestion } from './plan.js';
import { paintState, stateMark, stateWords } from './state.js';
import { formatAgo } from './time.js';
import { calledAs } from '../called-as.js';

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
      lines(`approve: ${calledAs} approve ${id}${answerHint(approval)}`, `deny:    ${calledAs} deny ${id}`),
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

function renderMember(name: string, value: unknown, page: Page): string {
  const { width } = page;
  const text = textOf(value, page);
  const label = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  if (!text.includes('\n') && text.length + label.length + 2 <= width) return `${label}: ${text}`;
  return `${label}:\n${wrap(text, width, '  ')}`;
}

/** Lists of things, as findings and failed gates are, one after the other with their members: texts in them have lines. */
function textOf(value: unknown, page: Page): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length === 0 || !value.every(isRecord)) return JSON.stringify(value, null, 2);
  return value
    .map((one) => {
      const members = Object.entries(one).filter(([, member]) => member !== null && member !== '');
      const [first = '', ...others] = members.map(([name, member]) => renderMember(name, member, page));
      return lines(`- ${first}`, ...others.map((member) => wrap(member, page.width, '  ')));
    })
    .join('\n');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
        `    ${calledAs} approve ${approval.id}${answerHint(approval)}`,
      ),
    )
    .join('\n');
}
