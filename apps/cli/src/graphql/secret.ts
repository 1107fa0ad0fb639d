import type { ResultOf } from 'gql.tada';
import { graphql } from './document.js';

const secretFields = graphql(`
  fragment SecretFields on Secret {
    name
    keyId
    createdAt
    updatedAt
  }
`);

export const secretsQuery = graphql(
  `
    query Secrets {
      secrets {
        ...SecretFields
      }
    }
  `,
  [secretFields],
);

export const saveSecretMutation = graphql(
  `
    mutation SaveSecret($input: SaveSecretInput!) {
      saveSecret(input: $input) {
        secret {
          ...SecretFields
        }
      }
    }
  `,
  [secretFields],
);

export const removeSecretMutation = graphql(
  `
    mutation RemoveSecret($input: RemoveSecretInput!) {
      removeSecret(input: $input) {
        secret {
          ...SecretFields
        }
      }
    }
  `,
  [secretFields],
);

export const rotateSecretsMutation = graphql(`
  mutation RotateSecrets {
    rotateSecrets {
      keyId
      rotated
      retiredKeyIds
    }
  }
`);

export type Secret = ResultOf<typeof secretFields>;
export type Rotation = ResultOf<typeof rotateSecretsMutation>['rotateSecrets'];
