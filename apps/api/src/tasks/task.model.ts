import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { type Json as JsonValue, TaskState } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { Failure } from '../common/failure.model.js';
import { graphqlEnum } from '../common/graphql-enum.js';
import { Node } from '../common/node.model.js';
import { DateTime } from '../common/scalars.js';

export const taskStateEnum = graphqlEnum(
  'TaskState',
  Object.values(TaskState),
  'Where a task stands. `partial_done`: it ended without landing, and its changes are kept on its branch.',
);

@ObjectType({ implements: () => [Node], description: 'One unit of work for one agent.' })
export class Task implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => taskStateEnum)
  state!: string;

  @Field(() => String, { description: 'Its name in the plan.' })
  key!: string;

  @Field(() => Int)
  position!: number;

  @Field(() => String)
  title!: string;

  @Field(() => String)
  instructions!: string;

  @Field(() => [String])
  acceptanceCriteria!: string[];

  @Field(() => [String])
  verificationSteps!: string[];

  @Field(() => [String], { description: 'What it is expected to change.' })
  predictedPaths!: string[];

  @Field(() => Int)
  priority!: number;

  @Field(() => Int, { description: 'How often it was begun.' })
  attempts!: number;

  @Field(() => String, { nullable: true, description: 'Where its work is kept.' })
  branch!: string | null;

  @Field(() => String, { nullable: true })
  baseCommit!: string | null;

  @Field(() => String, { nullable: true })
  headCommit!: string | null;

  @Field(() => String, { nullable: true })
  host!: string | null;

  @Field(() => String, { nullable: true })
  summary!: string | null;

  @Field(() => Failure, { nullable: true })
  failure!: JsonValue;

  @Field(() => DateTime, { nullable: true, description: 'When somebody asked to cancel it.' })
  cancelRequestedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'What whoever asked to cancel it gave as the reason.' })
  cancelReason!: string | null;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true })
  startedAt!: Date | null;

  @Field(() => DateTime, { nullable: true })
  endedAt!: Date | null;
}

@ObjectType()
export class TaskConnection extends connectionOf('Task', () => Task) {}

@ObjectType()
export class RetryTaskPayload {
  @Field(() => Task)
  task!: Task;
}
