import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { budgetFields, pageFields } from './fragments.js';

/** A budget with each of its limits. */
const limitedBudgetFields = graphql(
  `
    fragment LimitedBudgetFields on Budget {
      ...BudgetFields
      limits {
        period
        limitMicros
        spentMicros
        heldMicros
        remainingMicros
        periodStart
        periodEnd
      }
    }
  `,
  [budgetFields],
);

export const budgetsQuery = graphql(
  `
    query Budgets($first: Int!, $after: Cursor, $filter: BudgetFilterInput) {
      budgets(first: $first, after: $after, filter: $filter) {
        nodes {
          ...LimitedBudgetFields
        }
        pageInfo {
          ...PageFields
        }
      }
    }
  `,
  [limitedBudgetFields, pageFields],
);

export const budgetNodeQuery = graphql(
  `
    query BudgetNode($id: ID!) {
      node(id: $id) {
        ... on Budget {
          ...LimitedBudgetFields
        }
      }
    }
  `,
  [limitedBudgetFields],
);

export const setBudgetMutation = graphql(
  `
    mutation SetBudget($input: SetBudgetInput!) {
      setBudget(input: $input) {
        budget {
          ...LimitedBudgetFields
        }
      }
    }
  `,
  [limitedBudgetFields],
);

export const setTimeZoneMutation = graphql(`
  mutation SetTimeZone($input: SetTimeZoneInput!) {
    setTimeZone(input: $input) {
      timeZone
    }
  }
`);

export const timeZoneQuery = graphql(`
  query TimeZone {
    me {
      workspace {
        timeZone
      }
    }
  }
`);

export const costReportQuery = graphql(`
  query CostReport($from: DateTime!, $to: DateTime!, $by: CostReportBy!) {
    costReport(from: $from, to: $to, by: $by) {
      complete
      rows {
        key
        label
        costMicros
        estimatedPartMicros
        calls
        inputTokens
        outputTokens
        cacheReadTokens
        cacheWriteTokens
      }
    }
  }
`);

export type Budget = ResultOf<typeof limitedBudgetFields>;
export type BudgetLimit = Budget['limits'][number];
export type CostReport = ResultOf<typeof costReportQuery>['costReport'];
