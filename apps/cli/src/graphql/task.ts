import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { agentRunLineFields, pageFields, taskLineFields } from './fragments.js';

export const changeRequestFields = graphql(`
  fragment ChangeRequestFields on ChangeRequest {
    id
    state
    title
    body
    attempt
    kind
    branch
    targetBranch
    baseCommit
    headCommit
    mergedCommit
    createdAt
    mergedAt
    closedAt
    okrRun {
      id
    }
    task {
      id
      title
    }
    repository {
      id
      name
      location
    }
    waitingOn {
      kind
      since
      detail
      releasableBy
      subjectId
    }
  }
`);

export const taskFields = graphql(
  `
    fragment TaskFields on Task {
      ...TaskLineFields
      instructions
      acceptanceCriteria
      verificationSteps
      predictedPaths
      priority
      position
      branch
      baseCommit
      headCommit
      host
      summary
      cancelRequestedAt
      cancelReason
      assignee {
        id
        name
        model
      }
      okrRun {
        id
        goal
        objective {
          title
        }
      }
      repository {
        id
        name
      }
      dependsOn {
        id
        key
        title
        state
      }
      agentRuns {
        ...AgentRunLineFields
      }
      gates {
        id
        name
        state
        phase
        attempt
        round
        command
        commit
        exitCode
        durationMs
        ranAt
        output {
          digest
          size
        }
      }
      review {
        id
        verdict
        summary
        attempt
        round
        commit
        createdAt
        findings {
          file
          line
          severity
          message
        }
      }
      changeRequest {
        id
        state
        branch
        targetBranch
        mergedCommit
      }
    }
  `,
  [taskLineFields, agentRunLineFields],
);

export const taskQuery = graphql(
  `
    query Task($id: ID!) {
      task(id: $id) {
        ...TaskFields
      }
    }
  `,
  [taskFields],
);

export const tasksQuery = graphql(
  `
    query Tasks($first: Int!, $after: Cursor, $filter: TaskFilterInput) {
      tasks(first: $first, after: $after, filter: $filter) {
        nodes {
          ...TaskLineFields
        }
        pageInfo {
          ...PageFields
        }
      }
    }
  `,
  [taskLineFields, pageFields],
);

export const changeRequestQuery = graphql(
  `
    query ChangeRequest($id: ID!) {
      changeRequest(id: $id) {
        ...ChangeRequestFields
      }
    }
  `,
  [changeRequestFields],
);

export type Task = ResultOf<typeof taskFields>;
export type ChangeRequest = ResultOf<typeof changeRequestFields>;
