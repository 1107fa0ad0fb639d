import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';
import { pageFields } from './fragments.js';

export const eventFields = graphql(`
  fragment EventFields on Event {
    cursor
    type
    at
    subjectId
    okrRunId
    taskId
    agentRunId
    data
  }
`);

export const eventsQuery = graphql(
  `
    query Events($first: Int!, $after: Cursor, $okrRunId: ID) {
      events(first: $first, after: $after, okrRunId: $okrRunId) {
        nodes {
          ...EventFields
        }
        pageInfo {
          ...PageFields
        }
      }
    }
  `,
  [eventFields, pageFields],
);

export const eventsSubscription = graphql(
  `
    subscription EventStream($after: Cursor, $okrRunId: ID) {
      events(after: $after, okrRunId: $okrRunId) {
        ...EventFields
      }
    }
  `,
  [eventFields],
);

export type Event = ResultOf<typeof eventFields>;
