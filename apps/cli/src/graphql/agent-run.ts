import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { agentRunLineFields, pageFields } from './fragments.js';

export const stepFields = graphql(`
  fragment StepFields on Step {
    id
    index
    kind
    name
    state
    attempt
    startedAt
    endedAt
    checkpoint
    modelReason
    failure {
      code
      message
    }
    cost {
      micros
      estimated
      inputTokens
      outputTokens
    }
    input {
      digest
      size
    }
    output {
      digest
      size
    }
  }
`);

export const agentRunFields = graphql(
  `
    fragment AgentRunFields on AgentRun {
      ...AgentRunLineFields
      runtime
      modelReason
      maxSteps
      host
      worktree
      containment
      costSource
      result
      usage {
        inputTokens
        outputTokens
        cacheReadTokens
        cacheWriteTokens
      }
      okrRun {
        id
        goal
      }
      task {
        id
        title
      }
    }
  `,
  [agentRunLineFields],
);

export const agentRunQuery = graphql(
  `
    query AgentRun($id: ID!, $after: Cursor) {
      agentRun(id: $id) {
        ...AgentRunFields
        steps(first: 50, after: $after) {
          nodes {
            ...StepFields
          }
          pageInfo {
            ...PageFields
          }
        }
      }
    }
  `,
  [agentRunFields, stepFields, pageFields],
);

export const agentRunsQuery = graphql(
  `
    query AgentRuns($first: Int!, $after: Cursor, $filter: AgentRunFilterInput) {
      agentRuns(first: $first, after: $after, filter: $filter) {
        nodes {
          ...AgentRunLineFields
        }
        pageInfo {
          ...PageFields
        }
      }
    }
  `,
  [agentRunLineFields, pageFields],
);

export const blobQuery = graphql(`
  query BlobText($digest: String!, $limit: Int!, $offset: Int!) {
    blob(digest: $digest) {
      text(limit: $limit, offset: $offset) {
        text
        nextOffset
      }
    }
  }
`);

export type AgentRun = ResultOf<typeof agentRunFields>;
export type AgentRunLine = ResultOf<typeof agentRunLineFields>;
export type Step = ResultOf<typeof stepFields>;
