import { BudgetPeriod, BudgetScope, DomainError, IdPrefix, idPrefix } from '@fermata/contracts';
import { type Budget, budgetNodeQuery } from '../graphql/budget.js';
import type { Api } from '../graphql/api.js';

/** Which period's limit is meant. */
export interface PeriodOptions {
  total?: true;
  daily?: true;
  weekly?: true;
  monthly?: true;
}

export interface LimitRef {
  scope: BudgetScope;
  /** Null: the workspace of the token. */
  subjectId: string | null;
  period: BudgetPeriod;
}

const scopes: Partial<Record<IdPrefix, BudgetScope>> = {
  [IdPrefix.agent]: BudgetScope.agent,
  [IdPrefix.okrRun]: BudgetScope.okrRun,
  [IdPrefix.task]: BudgetScope.task,
  [IdPrefix.agentRun]: BudgetScope.agentRun,
};

/** What a budget can be of, as an argument: the word `workspace`, or the id of an agent, OKR run, task or subtask. */
export function subjectOf(id: string): Pick<LimitRef, 'scope' | 'subjectId'> {
  if (id === 'workspace') return { scope: BudgetScope.workspace, subjectId: null };
  const prefix = idPrefix(id);
  const scope = prefix === null ? undefined : scopes[prefix];
  if (scope !== undefined) return { scope, subjectId: id };
  const kinds = [...Object.keys(scopes), IdPrefix.budget].map((kind) => `${kind}_…`);
  throw new DomainError('invalid_input', `"${id}" has no budget. Give workspace, or an id like ${kinds.join(', ')}.`, {
    id,
  });
}

/**
 * The limit that is meant: of a subject, the total unless told otherwise; of a budget by its own id, the only one it has.
 * @throws DomainError `invalid_input`; `not_found`
 */
export async function limitOf(api: () => Promise<Api>, id: string, options: PeriodOptions): Promise<LimitRef> {
  const asked = periodOf(options);
  if (idPrefix(id) !== IdPrefix.budget) return { ...subjectOf(id), period: asked ?? BudgetPeriod.total };
  const budget = await readBudget(await api(), id);
  return { scope: budget.scope, subjectId: budget.subjectId, period: asked ?? onlyPeriodOf(budget) };
}

/** @throws DomainError `not_found` */
export async function readBudget(api: Api, id: string): Promise<Budget> {
  const { node } = await api.ask(budgetNodeQuery, { id });
  if (node !== null && 'limits' in node) return node;
  throw new DomainError('not_found', `There is no budget ${id}.`, { id });
}

function periodOf({ total, daily, weekly, monthly }: PeriodOptions): BudgetPeriod | null {
  const asked = [
    ...(total ? [BudgetPeriod.total] : []),
    ...(daily ? [BudgetPeriod.day] : []),
    ...(weekly ? [BudgetPeriod.week] : []),
    ...(monthly ? [BudgetPeriod.month] : []),
  ];
  if (asked.length <= 1) return asked[0] ?? null;
  throw new DomainError('invalid_input', 'Give one of --total, --daily, --weekly and --monthly: one limit at a time.');
}

/** Nobody shall set another limit than the one that is in the way. */
function onlyPeriodOf({ id, limits }: Budget): BudgetPeriod {
  const set = limits.filter(({ limitMicros }) => limitMicros !== null);
  if (set.length === 0) return BudgetPeriod.total;
  if (set.length === 1 && set[0]) return set[0].period;
  const message = `${id} has several limits: say which by --total, --daily, --weekly or --monthly.`;
  throw new DomainError('invalid_input', message, { id });
}
