import { Field, ID, InputType } from '@nestjs/graphql';
import { BudgetPeriod, BudgetScope, maxBudgetLimit } from '@fermata/contracts';
import { graphqlEnum } from '../common/graphql-enum.js';
import { MicroUsd } from '../common/scalars.js';

export const budgetScopeEnum = graphqlEnum('BudgetScope', Object.values(BudgetScope), 'What a budget caps.');

export const budgetPeriodEnum = graphqlEnum(
  'BudgetPeriod',
  Object.values(BudgetPeriod),
  'What a limit is for: all time, or each day, week (from Monday) or month in the time zone of the workspace.',
);

@InputType({ description: 'Name what the budget caps by `scope` and `subjectId`, or an OKR run by `okrRunId` alone.' })
export class SetBudgetInput {
  @Field(() => ID, { nullable: true, description: 'The same as the scope `okr_run` with this subject.' })
  okrRunId?: string | null;

  @Field(() => budgetScopeEnum, { nullable: true })
  scope?: BudgetScope | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The agent, OKR run, task or subtask. May be left out for your workspace.',
  })
  subjectId?: string | null;

  @Field(() => budgetPeriodEnum, { defaultValue: BudgetPeriod.total })
  period!: BudgetPeriod;

  @Field(() => MicroUsd, {
    nullable: true,
    description: `At most ${maxBudgetLimit}. Null takes the limit away.`,
  })
  limitMicros?: number | null;
}

@InputType()
export class BudgetFilterInput {
  @Field(() => budgetScopeEnum, { nullable: true })
  scope?: BudgetScope | null;

  @Field(() => ID, { nullable: true })
  subjectId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: only those with a limit of any period, of subtasks while they are at work.',
  })
  limited?: boolean | null;
}

@InputType()
export class SetTimeZoneInput {
  @Field(() => String, { description: 'An IANA name, for example Europe/Berlin.' })
  timeZone!: string;
}
