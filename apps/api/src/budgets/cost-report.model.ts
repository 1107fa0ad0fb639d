import { ArgsType, Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { CostReportBy, maxReportDays } from '@fermata/contracts';
import { graphqlEnum } from '../common/graphql-enum.js';
import { DateTime, MicroUsd } from '../common/scalars.js';

const costReportByEnum = graphqlEnum('CostReportBy', Object.values(CostReportBy), 'What a cost report adds up by.');

@ArgsType()
export class CostReportArgs {
  @Field(() => DateTime, { description: 'Inclusive.' })
  from!: Date;

  @Field(() => DateTime, { description: `Exclusive; at most ${maxReportDays} days after \`from\`.` })
  to!: Date;

  @Field(() => costReportByEnum)
  by!: CostReportBy;
}

@ObjectType()
export class CostReportRow {
  @Field(() => String, {
    description: 'The id of the agent, repository or objective; the model; the day in the time zone of the workspace.',
  })
  key!: string;

  @Field(() => String)
  label!: string;

  @Field(() => MicroUsd)
  costMicros!: number;

  @Field(() => MicroUsd, {
    description: 'The part of `costMicros` that was reckoned, because nobody said what a call took.',
  })
  estimatedPartMicros!: number;

  @Field(() => Int, { description: 'Model calls that were booked.' })
  calls!: number;

  @Field(() => Float)
  inputTokens!: number;

  @Field(() => Float)
  outputTokens!: number;

  @Field(() => Float)
  cacheReadTokens!: number;

  @Field(() => Float)
  cacheWriteTokens!: number;
}

@ObjectType({ description: 'What settled model calls have cost.' })
export class CostReport {
  @Field(() => [CostReportRow], { description: 'The dearest first; days in their order.' })
  rows!: CostReportRow[];

  @Field(() => Boolean, { description: 'False: there are more rows than are given; ask for less time.' })
  complete!: boolean;
}
