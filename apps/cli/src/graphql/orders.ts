import { graphql } from './document.js';
import { okrRunLineFields, taskLineFields } from './fragments.js';

export const pauseRunMutation = graphql(
  `
    mutation PauseRun($input: OkrRunOrderInput!) {
      pauseRun(input: $input) {
        okrRun {
          ...OkrRunLineFields
        }
      }
    }
  `,
  [okrRunLineFields],
);

export const resumeRunMutation = graphql(
  `
    mutation ResumeRun($input: OkrRunOrderInput!) {
      resumeRun(input: $input) {
        okrRun {
          ...OkrRunLineFields
        }
      }
    }
  `,
  [okrRunLineFields],
);

export const cancelRunMutation = graphql(
  `
    mutation CancelRun($input: CancelRunInput!) {
      cancelRun(input: $input) {
        okrRun {
          ...OkrRunLineFields
        }
        task {
          ...TaskLineFields
        }
      }
    }
  `,
  [okrRunLineFields, taskLineFields],
);

export const retryTaskMutation = graphql(
  `
    mutation RetryTask($input: RetryTaskInput!) {
      retryTask(input: $input) {
        task {
          ...TaskLineFields
        }
      }
    }
  `,
  [taskLineFields],
);
