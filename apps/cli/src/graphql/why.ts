import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { failureFields, waitingFields } from './fragments.js';

/** What is needed of anything to say why it has not ended, or how it did. States have a name each: their types differ. */
export const whyQuery = graphql(
  `
    query Why($id: ID!) {
      node(id: $id) {
        __typename
        id
        ... on OkrRun {
          goal
          okrRunState: state
          cancelReason
          objective {
            title
          }
          waitingOn {
            ...WaitingFields
          }
          failure {
            ...FailureFields
          }
          approval {
            id
            state
          }
          tasks {
            id
            state
          }
          agentRuns {
            id
            state
          }
        }
        ... on Task {
          title
          taskState: state
          cancelReason
          okrRun {
            id
            cancelReason
          }
          waitingOn {
            ...WaitingFields
          }
          failure {
            ...FailureFields
          }
          dependsOn {
            id
            state
          }
          agentRuns {
            id
            state
          }
          changeRequest {
            id
            state
          }
        }
        ... on AgentRun {
          kind
          agentRunState: state
          okrRun {
            id
          }
          waitingOn {
            ...WaitingFields
          }
          failure {
            ...FailureFields
          }
        }
        ... on ChangeRequest {
          title
          changeRequestState: state
          okrRun {
            id
          }
          waitingOn {
            ...WaitingFields
          }
        }
        ... on Approval {
          title
          approvalState: state
          okrRun {
            id
          }
          waitingOn {
            ...WaitingFields
          }
        }
      }
    }
  `,
  [waitingFields, failureFields],
);

export type WhyNode = NonNullable<ResultOf<typeof whyQuery>['node']>;
