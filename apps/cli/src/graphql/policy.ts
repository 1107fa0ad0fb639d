import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';

export const testPolicyQuery = graphql(`
  query TestPolicy($agent: String!, $command: String!) {
    testPolicy(agent: $agent, command: $command) {
      effect
      rule
      reason
      dangers
      commands {
        argv
        from
        effect
        rule
      }
    }
  }
`);

export type PolicyDecision = ResultOf<typeof testPolicyQuery>['testPolicy'];
