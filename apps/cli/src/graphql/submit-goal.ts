import { graphql } from './document.js';
import { okrRunLineFields } from './fragments.js';

export const submitGoalMutation = graphql(
  `
    mutation SubmitGoal($input: SubmitGoalInput!) {
      submitGoal(input: $input) {
        okrRun {
          ...OkrRunLineFields
        }
        warnings {
          code
          message
          neededMicros
        }
      }
    }
  `,
  [okrRunLineFields],
);
