import { describe, expect, it } from 'vitest';
import { type FullBudget, overBudget } from './over-budget.js';

const total: FullBudget = {
  ...{ budgetId: 'bud_1', scope: 'okr_run', subjectId: 'okr_1', period: 'total' },
  ...{ limitMicros: 5_000_000, spentMicros: 4_900_000, heldMicros: 0, endsInMs: null, endsAt: null },
};
const daily: FullBudget = {
  ...{ ...total, scope: 'workspace', subjectId: 'wsp_1', period: 'day' },
  ...{ endsInMs: 3_600_000, endsAt: '2026-11-28 00:00 Europe/Berlin' },
};

describe('a call over budget', () => {
  it('says whose limit of which period it is, and what is spent of it', () => {
    expect(overBudget(total, 200_000)).toEqual({
      budgetId: 'bud_1',
      detail:
        'The next call may cost $0.2000; the total budget of OKR run okr_1 has $0.1000 of $5.00 left ($4.90 spent). Raise it to go on.',
    });
  });

  it('says when the period ends by itself, and asks again then', () => {
    const { detail, askAgainInMs } = overBudget(daily, 200_000);
    expect(detail).toContain('the daily budget of the workspace has $0.1000 of $5.00 left');
    expect(detail).toContain('when the day ends (2026-11-28 00:00 Europe/Berlin)');
    expect(askAgainInMs).toBe(3_601_000);
  });

  it('asks again soon where other calls hold what it needs', () => {
    const { detail, askAgainInMs } = overBudget({ ...daily, spentMicros: 0, heldMicros: 4_900_000 }, 200_000);
    expect(detail).toContain('while other calls hold $4.90 of it');
    expect(askAgainInMs).toBe(5_000);
  });

  it('that no period can hold waits for a raise, not for the next period', () => {
    const { detail, askAgainInMs } = overBudget({ ...daily, spentMicros: 0 }, 6_000_000);
    expect(detail).toContain('too little for it at any time. Raise it to go on.');
    expect(askAgainInMs).toBeUndefined();
  });

  it.each([
    ['agent', 'agent agt_1'],
    ['task', 'task agt_1'],
  ] as const)('names the %s whose budget it is', (scope, name) => {
    expect(overBudget({ ...total, scope, subjectId: 'agt_1' }, 200_000).detail).toContain(`budget of ${name} has`);
  });
});
