import { CostSource } from '@fermata/contracts';
import { Field, Int, ObjectType } from '@nestjs/graphql';
import { graphqlEnum } from './graphql-enum.js';
import { MicroUsd } from './scalars.js';

export const costSourceEnum = graphqlEnum(
  'CostSource',
  Object.values(CostSource),
  'What is known of a cost: what was paid (metered), what an agent with a login of its own told (reported), or not all of it.',
);

@ObjectType({
  description: 'Tokens as the provider counted them. `inputTokens` excludes what the cache served or stored.',
})
export class Usage {
  @Field(() => Int)
  inputTokens!: number;

  @Field(() => Int)
  outputTokens!: number;

  @Field(() => Int)
  cacheReadTokens!: number;

  @Field(() => Int)
  cacheWriteTokens!: number;
}

@ObjectType({ description: 'What was spent, from settled model calls.' })
export class Cost extends Usage {
  @Field(() => MicroUsd)
  micros!: number | bigint;

  @Field(() => Boolean, {
    description: 'Some of `micros` was reckoned: the provider did not say what a call took, or its answer was lost.',
  })
  estimated!: boolean;

  @Field(() => MicroUsd, {
    nullable: true,
    description: 'What the plan was estimated to cost, where there is an estimate.',
  })
  estimatedMicros?: number | bigint | null;
}
