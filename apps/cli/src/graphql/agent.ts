import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { pageFields } from './fragments.js';

export const agentFields = graphql(`
  fragment AgentFields on Agent {
    id
    name
    runtime
    model
    maxSteps
    maxWorkMs
    maxOutputTokens
    instructions
    policy
    launch
    mcpServers
    modelPolicy
    reasoning
    createdAt
  }
`);

export const agentQuery = graphql(
  `
    query Agent($id: ID!) {
      agent(id: $id) {
        ...AgentFields
      }
    }
  `,
  [agentFields],
);

export const agentsQuery = graphql(
  `
    query Agents($first: Int!, $after: Cursor) {
      agents(first: $first, after: $after) {
        nodes {
          ...AgentFields
        }
        pageInfo {
          ...PageFields
        }
      }
    }
  `,
  [agentFields, pageFields],
);

export const saveAgentMutation = graphql(
  `
    mutation SaveAgent($input: SaveAgentInput!) {
      saveAgent(input: $input) {
        agent {
          ...AgentFields
        }
      }
    }
  `,
  [agentFields],
);

export type Agent = ResultOf<typeof agentFields>;
