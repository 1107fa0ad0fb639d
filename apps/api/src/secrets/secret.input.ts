import { Field, InputType } from '@nestjs/graphql';

@InputType()
export class SaveSecretInput {
  @Field(() => String, {
    description: 'Capital letters, digits and "_", a letter first, at most 64. The secret is found by it, or made.',
  })
  name!: string;

  @Field(() => String, { description: 'From 8 characters to 32768 bytes in UTF-8. No answer ever contains it.' })
  value!: string;
}

@InputType()
export class RemoveSecretInput {
  @Field(() => String)
  name!: string;
}
