import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { budgetFields, pageFields } from './fragments.js';

export const budgetsQuery = graphql(
  `
    query Budgets($first: Int!, $after: Cursor) {
      budgets(first: $first, after: $after) {
        nodes {
          ...BudgetFields
        }
        pageInfo {
          ...PageFields
        }
      }
    }
  `,
  [budgetFields, pageFields],
);

export const budgetNodeQuery = graphql(
  `
    query BudgetNode($id: ID!) {
      node(id: $id) {
        ... on Budget {
          ...BudgetFields
        }
      }
    }
  `,
  [budgetFields],
);

export const setBudgetMutation = graphql(
  `
    mutation SetBudget($input: SetBudgetInput!) {
      setBudget(input: $input) {
        budget {
          ...BudgetFields
        }
      }
    }
  `,
  [budgetFields],
);

export type Budget = ResultOf<typeof budgetFields>;
