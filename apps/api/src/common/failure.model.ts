import { Field, ObjectType } from '@nestjs/graphql';
import type { Failure as StoredFailure, JsonObject } from '@fermata/contracts';
import { Json } from './scalars.js';

@ObjectType({ description: 'Why something failed. Programs branch on `code`.' })
export class Failure implements StoredFailure {
  @Field(() => String)
  code!: StoredFailure['code'];

  @Field(() => String)
  message!: string;

  @Field(() => Json, { nullable: true })
  details?: JsonObject;
}
