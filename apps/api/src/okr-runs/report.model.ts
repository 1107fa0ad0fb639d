import { Field, Float, ID, Int, ObjectType } from '@nestjs/graphql';
import type { Failure as StoredFailure } from '@fermata/contracts';
import { Failure } from '../common/failure.model.js';
import { costSourceEnum } from '../common/cost.model.js';
import { MicroUsd } from '../common/scalars.js';
import { taskStateEnum } from '../tasks/task.model.js';

@ObjectType()
export class ReportedKeyResult {
  @Field(() => ID)
  keyResultId!: string;

  @Field(() => String)
  title!: string;

  @Field(() => String)
  unit!: string;

  @Field(() => Float, { nullable: true })
  baseline!: number | null;

  @Field(() => Float, { nullable: true })
  value!: number | null;

  @Field(() => Float)
  target!: number;

  @Field(() => Boolean)
  met!: boolean;

  @Field(() => Failure, { nullable: true })
  failure!: StoredFailure | null;
}

@ObjectType()
export class ReportedTask {
  @Field(() => ID)
  taskId!: string;

  @Field(() => String)
  title!: string;

  @Field(() => taskStateEnum)
  state!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The commit on the target branch. Null: nothing of it was merged.',
  })
  mergedCommit!: string | null;

  @Field(() => String, { nullable: true, description: 'Where unmerged work is kept.' })
  keptBranch!: string | null;

  @Field(() => Failure, { nullable: true })
  failure!: StoredFailure | null;
}

@ObjectType({ description: 'What a finished run says of itself. Values come from measurements and git.' })
export class Report {
  @Field(() => String, { description: '`completed`, `failed`, `cancelled` or `denied`.' })
  outcome!: string;

  @Field(() => String)
  summary!: string;

  @Field(() => [ReportedKeyResult])
  keyResults!: ReportedKeyResult[];

  @Field(() => [ReportedTask])
  tasks!: ReportedTask[];

  @Field(() => Int)
  targetsMet!: number;

  @Field(() => MicroUsd)
  costMicros!: number;

  @Field(() => Boolean, { description: 'Some of the cost was reckoned: the provider did not say what a call took.' })
  costEstimated!: boolean;

  @Field(() => costSourceEnum)
  costSource!: string;

  @Field(() => MicroUsd, { nullable: true, description: 'What the plan was estimated to cost.' })
  estimatedMicros!: number | null;

  @Field(() => String, { nullable: true, description: 'What whoever cancelled the run gave as the reason.' })
  cancelReason!: string | null;

  @Field(() => Float)
  durationMs!: number;
}
