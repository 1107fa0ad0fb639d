import { Field, ID, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../common/connection.js';
import { Node } from '../common/node.model.js';
import { DateTime, MicroUsd } from '../common/scalars.js';

@ObjectType({
  implements: () => [Node],
  description: 'A cap on money. Each model call reserves its worst case against every budget above it.',
})
export class Budget implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { description: 'What kind of thing it caps: `okr_run`.' })
  scope!: string;

  @Field(() => ID, { description: 'What the budget caps.' })
  subjectId!: string;

  @Field(() => MicroUsd, { nullable: true, description: 'Null: no cap of its own.' })
  limitMicros!: bigint | null;

  @Field(() => MicroUsd)
  spentMicros!: bigint;

  @Field(() => MicroUsd, { description: 'Reserved by calls under way.' })
  heldMicros!: bigint;

  @Field(() => DateTime)
  updatedAt!: Date;
}

@ObjectType()
export class BudgetConnection extends connectionOf('Budget', () => Budget) {}

@ObjectType()
export class SetBudgetPayload {
  @Field(() => Budget)
  budget!: Budget;
}
