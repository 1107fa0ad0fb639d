import type { BudgetPeriod } from './budget-period.js';
import type { BudgetScope } from './budget-scope.js';

const kinds: Record<BudgetPeriod, string> = { total: 'total', day: 'daily', week: 'weekly', month: 'monthly' };

const subjects: Record<BudgetScope, (id: string) => string> = {
  workspace: () => 'the workspace',
  agent: (id) => `agent ${id}`,
  okr_run: (id) => `OKR run ${id}`,
  task: (id) => `task ${id}`,
  agent_run: (id) => `subtask ${id}`,
};

/** What a limit is called within a sentence: `the daily budget of the workspace`. */
export function budgetName(limit: { scope: BudgetScope; subjectId: string; period: BudgetPeriod }): string {
  return `the ${kinds[limit.period]} budget of ${subjects[limit.scope](limit.subjectId)}`;
}
