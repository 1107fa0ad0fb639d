/** What a limit is for: all time, or each day, week (from Monday) or month in the time zone of the workspace. */
export const BudgetPeriod = { total: 'total', day: 'day', week: 'week', month: 'month' } as const;
export type BudgetPeriod = (typeof BudgetPeriod)[keyof typeof BudgetPeriod];
