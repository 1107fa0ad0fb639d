import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';

export const statusQuery = graphql(`
  query Status {
    me {
      principalId
      name
      role
      workspace {
        id
        name
      }
    }
    status {
      hosts {
        id
        name
        version
        containment
        startedAt
        lastSeenAt
        stoppedAt
        alive
      }
      modelCircuits {
        provider
        host
        model
        circuit
        failures
        reason
        since
        until
      }
      okrRuns {
        state
        count
      }
      tasks {
        state
        count
      }
      agentRuns {
        state
        count
      }
      changeRequests {
        state
        count
      }
      pendingApprovals
      waiting {
        type
        kind
        count
        since
      }
    }
  }
`);

export const startQuery = graphql(`
  query Start {
    agents(first: 50) {
      nodes {
        name
        model
      }
    }
    repositories(first: 1) {
      nodes {
        id
      }
    }
    secrets {
      name
    }
  }
`);

export type StatusAnswer = ResultOf<typeof statusQuery>;
