import { Field, ID, ObjectType } from '@nestjs/graphql';
import type { BudgetPeriod, BudgetScope } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { Node } from '../common/node.model.js';
import { DateTime, MicroUsd } from '../common/scalars.js';
import { budgetPeriodEnum, budgetScopeEnum } from './budget.input.js';

@ObjectType({
  implements: () => [Node],
  description:
    'Caps on the money of one thing. Each model call reserves its worst case against every limit of every budget above it: of the workspace, the agent, the OKR run, the task, and the subtasks it is made for.',
})
export class Budget implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => budgetScopeEnum)
  scope!: BudgetScope;

  @Field(() => ID, { description: 'What the budget caps.' })
  subjectId!: string;

  @Field(() => MicroUsd, { nullable: true, description: 'For all time. Null: no such limit.' })
  limitMicros!: bigint | null;

  @Field(() => MicroUsd, { description: 'In all time.' })
  spentMicros!: bigint;

  @Field(() => MicroUsd, { description: 'Reserved by calls under way.' })
  heldMicros!: bigint;

  @Field(() => DateTime)
  updatedAt!: Date;
}

@ObjectType({
  description: 'A limit of a budget. What is held counts in every period: it is spent in the one its call ends in.',
})
export class BudgetLimit {
  @Field(() => budgetPeriodEnum)
  period!: BudgetPeriod;

  @Field(() => MicroUsd, { nullable: true, description: 'Null, for `total` alone: no limit.' })
  limitMicros!: number | null;

  @Field(() => MicroUsd, { description: 'In this period.' })
  spentMicros!: number;

  @Field(() => MicroUsd)
  heldMicros!: number;

  @Field(() => MicroUsd, { nullable: true, description: 'What may still be reserved. Null without a limit.' })
  remainingMicros!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'Null for `total`.' })
  periodStart!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'When the next period begins, with nothing spent.' })
  periodEnd!: Date | null;
}

@ObjectType()
export class BudgetConnection extends connectionOf('Budget', () => Budget) {}

@ObjectType()
export class SetBudgetPayload {
  @Field(() => Budget)
  budget!: Budget;
}

@ObjectType()
export class SetTimeZonePayload {
  @Field(() => String, { description: 'As the database writes it.' })
  timeZone!: string;
}
