import { Field, Float, ID, InputType, Int } from '@nestjs/graphql';
import { OkrRunState, planLimits, type TargetDirection } from '@fermata/contracts';
import { graphqlEnum } from '../common/graphql-enum.js';
import { Json, MicroUsd } from '../common/scalars.js';
import { directionEnum } from './key-result.model.js';
import { okrRunStateEnum } from './okr-run.model.js';

const approvalModes = ['REQUIRED', 'AUTO'] as const;
export type ApprovalModeName = (typeof approvalModes)[number];

export const approvalModeEnum = graphqlEnum(
  'ApprovalMode',
  approvalModes,
  'Whether a person approves the plan, or whoever submits the goal approves it in advance.',
);

@InputType()
export class SubmitGoalInput {
  @Field(() => ID)
  repositoryId!: string;

  @Field(() => String, {
    description: `What is to be reached, in words. At most ${planLimits.maxGoalBytes} bytes of UTF-8.`,
  })
  goal!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name or id of the agent that plans and works. `default` when left out.',
  })
  agent?: string | null;

  @Field(() => approvalModeEnum, { defaultValue: 'REQUIRED' })
  approval!: ApprovalModeName;

  @Field(() => MicroUsd, {
    nullable: true,
    description: 'The most the run may spend. No cap of its own when left out.',
  })
  budgetMicros?: number | null;

  @Field(() => Int, { nullable: true, description: 'Tasks worked on at once, from 1 to 20; 3 when left out.' })
  maxParallelTasks?: number | null;

  @Field(() => String, {
    description:
      'Chosen by you: submitting again with the same one gives the same run, and with another goal an error.',
  })
  clientRequestId!: string;
}

@InputType()
export class OkrRunFilterInput {
  @Field(() => [okrRunStateEnum], { nullable: true })
  state?: OkrRunState[] | null;

  @Field(() => ID, { nullable: true })
  repositoryId?: string | null;
}

@InputType()
export class OkrRunOrderInput {
  @Field(() => ID)
  id!: string;
}

@InputType()
export class CancelRunInput {
  @Field(() => ID, { description: 'An OKR run, or one of its tasks.' })
  id!: string;

  @Field(() => String, { nullable: true })
  reason?: string | null;
}

@InputType()
export class ObjectiveInput {
  @Field(() => String)
  title!: string;

  @Field(() => String)
  description!: string;
}

@InputType()
export class KeyResultInput {
  @Field(() => String)
  title!: string;

  @Field(() => String)
  unit!: string;

  @Field(() => Float, { nullable: true })
  statedBaseline?: number | null;

  @Field(() => Float)
  target!: number;

  @Field(() => directionEnum, { defaultValue: 'increase' })
  direction!: TargetDirection;

  @Field(() => Json, {
    description:
      '{ kind: "command", command, read: { type: "exit_code" | "regex" (pattern) | "json_pointer" (pointer) }, timeoutMs } or { kind: "tasks" } or { kind: "manual", question }',
  })
  measure!: unknown;
}

@InputType()
export class TaskInput {
  @Field(() => String, { description: 'Unique in the plan: lower-case letters, digits and dashes.' })
  key!: string;

  @Field(() => String)
  title!: string;

  @Field(() => String)
  instructions!: string;

  @Field(() => [String])
  acceptanceCriteria!: string[];

  @Field(() => [String], { defaultValue: [] })
  verificationSteps!: string[];

  @Field(() => [String], { defaultValue: [], description: 'Keys of the tasks that must be done before.' })
  dependsOn!: string[];

  @Field(() => [String], { defaultValue: [] })
  predictedPaths!: string[];
}

@InputType({ description: 'What is left out stays as it is; what is given replaces the whole of it.' })
export class EditPlanInput {
  @Field(() => ID)
  okrRunId!: string;

  @Field(() => ObjectiveInput, { nullable: true })
  objective?: ObjectiveInput | null;

  @Field(() => [KeyResultInput], { nullable: true })
  keyResults?: KeyResultInput[] | null;

  @Field(() => [TaskInput], { nullable: true })
  tasks?: TaskInput[] | null;
}
