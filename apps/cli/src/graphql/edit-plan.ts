import { graphql } from './document.js';
import { approvalFields } from './fragments.js';

export const editPlanMutation = graphql(
  `
    mutation EditPlan($input: EditPlanInput!) {
      editPlan(input: $input) {
        okrRun {
          id
          state
          planRevision
          planDigest
          approval {
            ...ApprovalFields
          }
        }
      }
    }
  `,
  [approvalFields],
);
