import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { agentRunLineFields, failureFields, okrRunLineFields, pageFields, taskLineFields } from './fragments.js';

export const reportFields = graphql(
  `
    fragment ReportFields on Report {
      outcome
      summary
      targetsMet
      costMicros
      costEstimated
      costSource
      estimatedMicros
      durationMs
      cancelReason
      keyResults {
        keyResultId
        title
        unit
        baseline
        value
        target
        met
        failure {
          ...FailureFields
        }
      }
      tasks {
        taskId
        title
        state
        mergedCommit
        keptBranch
        failure {
          ...FailureFields
        }
      }
    }
  `,
  [failureFields],
);

export const okrRunFields = graphql(
  `
    fragment OkrRunFields on OkrRun {
      ...OkrRunLineFields
      approvalMode
      cancelRequestedAt
      cancelReason
      createdBy
      maxParallelTasks
      pausedFrom
      planDigest
      planRevision
      agent {
        id
        name
        model
      }
      approval {
        id
        state
        digest
        expiresAt
        decidedBy
        reason
      }
      objective {
        description
      }
      keyResults {
        id
        title
        unit
        direction
        target
        statedBaseline
        baseline
        value
        met
        measure {
          kind
          command
          question
          read
          timeoutMs
        }
      }
      tasks {
        ...TaskLineFields
        dependsOn {
          id
          key
          title
          state
        }
      }
      agentRuns {
        ...AgentRunLineFields
      }
      report {
        ...ReportFields
      }
    }
  `,
  [okrRunLineFields, taskLineFields, agentRunLineFields, reportFields],
);

export const okrRunQuery = graphql(
  `
    query OkrRun($id: ID!) {
      okrRun(id: $id) {
        ...OkrRunFields
      }
    }
  `,
  [okrRunFields],
);

export const okrRunsQuery = graphql(
  `
    query OkrRuns($first: Int!, $after: Cursor, $filter: OkrRunFilterInput) {
      okrRuns(first: $first, after: $after, filter: $filter) {
        nodes {
          ...OkrRunLineFields
          keyResults {
            id
            met
          }
        }
        pageInfo {
          ...PageFields
        }
      }
    }
  `,
  [okrRunLineFields, pageFields],
);

export type OkrRun = ResultOf<typeof okrRunFields>;
export type OkrRunLine = ResultOf<typeof okrRunLineFields>;
/** A run in a list, with how it came out. */
export type ListedOkrRun = OkrRunLine & { keyResults: readonly { met: boolean | null }[] };
export type Report = ResultOf<typeof reportFields>;
