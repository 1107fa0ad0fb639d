import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { approvalFields, pageFields } from './fragments.js';

export const approvalQuery = graphql(
  `
    query Approval($id: ID!) {
      approval(id: $id) {
        ...ApprovalFields
      }
    }
  `,
  [approvalFields],
);

export const approvalsQuery = graphql(
  `
    query Approvals($first: Int!, $after: Cursor, $state: ApprovalState) {
      approvals(first: $first, after: $after, state: $state) {
        nodes {
          ...ApprovalFields
        }
        pageInfo {
          ...PageFields
        }
      }
    }
  `,
  [approvalFields, pageFields],
);

export const decideApprovalMutation = graphql(
  `
    mutation DecideApproval($input: DecideApprovalInput!) {
      decideApproval(input: $input) {
        approval {
          ...ApprovalFields
        }
      }
    }
  `,
  [approvalFields],
);

export type Approval = ResultOf<typeof approvalFields>;
