import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { type Caller, CurrentCaller, orderOf } from '../common/caller.js';
import { RemoveSecretInput, SaveSecretInput } from './secret.input.js';
import { RemoveSecretPayload, RotateSecretsPayload, SaveSecretPayload, Secret } from './secret.model.js';
import { SecretService } from './secret.service.js';

@Resolver(() => Secret)
export class SecretResolver {
  constructor(private readonly service: SecretService) {}

  @Mutation(() => SaveSecretPayload, {
    description: orderOf('admin', 'Stores a secret of your workspace, encrypted, or gives it another value.'),
  })
  saveSecret(@CurrentCaller() caller: Caller, @Args('input') input: SaveSecretInput) {
    return this.service.save(caller, input);
  }

  @Mutation(() => RemoveSecretPayload, { description: orderOf('admin', 'Removes a secret of your workspace.') })
  removeSecret(@CurrentCaller() caller: Caller, @Args('input') input: RemoveSecretInput) {
    return this.service.remove(caller, input);
  }

  @Mutation(() => RotateSecretsPayload, {
    description: orderOf(
      'admin',
      'Encrypts the secrets of your workspace with another key. Cut short nothing is lost; repeat it to finish.',
    ),
  })
  rotateSecrets(@CurrentCaller() caller: Caller) {
    return this.service.rotate(caller);
  }

  @Query(() => [Secret], { description: orderOf('admin', 'The secrets of your workspace, by name, without values.') })
  secrets(@CurrentCaller() caller: Caller) {
    return this.service.list(caller);
  }
}
