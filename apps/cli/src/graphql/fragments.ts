import { graphql } from './document.js';

export const waitingFields = graphql(`
  fragment WaitingFields on WaitingOn {
    kind
    since
    detail
    releasableBy
    subjectId
    until
  }
`);

export const failureFields = graphql(`
  fragment FailureFields on Failure {
    code
    message
    details
  }
`);

export const costFields = graphql(`
  fragment CostFields on Cost {
    micros
    estimated
    estimatedMicros
    inputTokens
    outputTokens
    cacheReadTokens
    cacheWriteTokens
  }
`);

export const pageFields = graphql(`
  fragment PageFields on PageInfo {
    hasNextPage
    endCursor
  }
`);

export const budgetFields = graphql(`
  fragment BudgetFields on Budget {
    id
    scope
    subjectId
    limitMicros
    spentMicros
    spentEstimated
    heldMicros
    remainingMicros
    updatedAt
  }
`);

/** One task as a line of a list. */
export const taskLineFields = graphql(
  `
    fragment TaskLineFields on Task {
      id
      key
      title
      state
      attempts
      createdAt
      startedAt
      endedAt
      cost {
        micros
        estimated
      }
      failure {
        ...FailureFields
      }
      waitingOn {
        ...WaitingFields
      }
    }
  `,
  [waitingFields, failureFields],
);

/** One OKR run as a line of a list. */
export const okrRunLineFields = graphql(
  `
    fragment OkrRunLineFields on OkrRun {
      id
      state
      goal
      createdAt
      startedAt
      endedAt
      objective {
        id
        title
      }
      repository {
        id
        name
      }
      cost {
        ...CostFields
      }
      budget {
        ...BudgetFields
      }
      failure {
        ...FailureFields
      }
      waitingOn {
        ...WaitingFields
      }
    }
  `,
  [costFields, budgetFields, failureFields, waitingFields],
);

export const agentRunLineFields = graphql(
  `
    fragment AgentRunLineFields on AgentRun {
      id
      kind
      state
      attempt
      round
      model
      createdAt
      startedAt
      endedAt
      agent {
        id
        name
      }
      cost {
        micros
        estimated
      }
      failure {
        ...FailureFields
      }
      waitingOn {
        ...WaitingFields
      }
    }
  `,
  [failureFields, waitingFields],
);

export const approvalFields = graphql(
  `
    fragment ApprovalFields on Approval {
      id
      kind
      state
      title
      detail
      digest
      requestedAt
      requestedBy
      expiresAt
      decidedAt
      decidedBy
      reason
      answer
      subjectId
      okrRun {
        id
        goal
        state
      }
      task {
        id
        title
      }
      agentRun {
        id
        kind
      }
      waitingOn {
        ...WaitingFields
      }
    }
  `,
  [waitingFields],
);
