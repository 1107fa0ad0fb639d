import { Field, ID, InputType } from '@nestjs/graphql';
import { MicroUsd } from '../common/scalars.js';

@InputType()
export class SetBudgetInput {
  @Field(() => ID)
  okrRunId!: string;

  @Field(() => MicroUsd, { nullable: true, description: 'Null takes the cap away.' })
  limitMicros?: number | null;
}
