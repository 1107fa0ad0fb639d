import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { agentRunLineFields, budgetFields, pageFields } from './fragments.js';

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

/** A subtask as a line of the run that asked for it. */
const subtaskFields = graphql(`
  fragment SubtaskFields on AgentRun {
    id
    state
    title
    cost {
      micros
      estimated
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
      title
      depth
      parent {
        id
        kind
      }
      children {
        ...SubtaskFields
      }
      budget {
        ...BudgetFields
      }
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
  [agentRunLineFields, subtaskFields, budgetFields],
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
