/** What a cost report adds up by. */
export const CostReportBy = {
  agent: 'agent',
  model: 'model',
  repository: 'repository',
  objective: 'objective',
  day: 'day',
} as const;
export type CostReportBy = (typeof CostReportBy)[keyof typeof CostReportBy];

/** The longest time a cost report covers: a leap year and its neighbours' days. */
export const maxReportDays = 400;
