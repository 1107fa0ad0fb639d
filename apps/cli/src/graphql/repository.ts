import type { ResultOf } from 'gql.tada';
import type { Api } from './api.js';
import { collectPages } from './collect-pages.js';
import { graphql } from './document.js';
import { pageFields } from './fragments.js';

export const repositoryFields = graphql(`
  fragment RepositoryFields on Repository {
    id
    name
    location
    defaultBranch
    forge
    gateSource
    gates {
      name
      command
      timeoutMs
    }
    setupCommands
    createdAt
  }
`);

export const repositoryQuery = graphql(
  `
    query Repository($id: ID!) {
      repository(id: $id) {
        ...RepositoryFields
      }
    }
  `,
  [repositoryFields],
);

export const repositoriesQuery = graphql(
  `
    query Repositories($first: Int!, $after: Cursor) {
      repositories(first: $first, after: $after) {
        nodes {
          ...RepositoryFields
        }
        pageInfo {
          ...PageFields
        }
      }
    }
  `,
  [repositoryFields, pageFields],
);

export const addRepositoryMutation = graphql(
  `
    mutation AddRepository($input: AddRepositoryInput!) {
      addRepository(input: $input) {
        repository {
          ...RepositoryFields
        }
      }
    }
  `,
  [repositoryFields],
);

export type Repository = ResultOf<typeof repositoryFields>;

export function allRepositories(api: Api): Promise<Repository[]> {
  return collectPages(async (page) => (await api.ask(repositoriesQuery, page)).repositories);
}
