import { Field, ID, InputType } from '@nestjs/graphql';
import type { TaskState } from '@fermata/contracts';
import { taskStateEnum } from './task.model.js';

@InputType()
export class RetryTaskInput {
  @Field(() => ID)
  taskId!: string;
}

@InputType()
export class TaskFilterInput {
  @Field(() => ID, { nullable: true })
  okrRunId?: string | null;

  @Field(() => [taskStateEnum], { nullable: true })
  state?: TaskState[] | null;
}
