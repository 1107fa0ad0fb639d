import { Field, Int, ObjectType } from '@nestjs/graphql';
import { DateTime } from '../common/scalars.js';

@ObjectType({ description: 'What a workspace keeps secret. Its value is never shown.' })
export class Secret {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: 'The key it is encrypted with.' })
  keyId!: string;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When its value was last given.' })
  updatedAt!: Date;
}

@ObjectType()
export class SaveSecretPayload {
  @Field(() => Secret)
  secret!: Secret;
}

@ObjectType()
export class RemoveSecretPayload {
  @Field(() => Secret, { description: 'As it was.' })
  secret!: Secret;
}

@ObjectType()
export class RotateSecretsPayload {
  @Field(() => String, { description: 'The key that encrypts from now on.' })
  keyId!: string;

  @Field(() => Int, { description: 'How many secrets had another key before.' })
  rotated!: number;

  @Field(() => [String], {
    description: 'Keys that no secret needs any more: out of their file, or to be taken out of FERMATA_SECRET_KEYS.',
  })
  retiredKeyIds!: string[];
}
