import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { type Json as JsonValue, OkrRunState } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { Failure } from '../common/failure.model.js';
import { graphqlEnum } from '../common/graphql-enum.js';
import { Node } from '../common/node.model.js';
import { DateTime, MicroUsd } from '../common/scalars.js';
import { Task } from '../tasks/task.model.js';

export const okrRunStateEnum = graphqlEnum(
  'OkrRunState',
  Object.values(OkrRunState),
  'Where an OKR run stands. `denied`: a person said no, or nobody answered in time.',
);

@ObjectType({ description: 'What a goal became: the objective.' })
export class Objective {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  title!: string;

  @Field(() => String)
  description!: string;
}

@ObjectType({ implements: () => [Node], description: 'One attempt at an objective.' })
export class OkrRun implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => okrRunStateEnum)
  state!: string;

  @Field(() => okrRunStateEnum, { nullable: true, description: 'Where a paused run goes on when it is resumed.' })
  pausedFrom!: string | null;

  @Field(() => String, { description: 'As it was submitted.' })
  goal!: string;

  @Field(() => String, { description: 'The key it was submitted with.' })
  clientRequestId!: string;

  @Field(() => String, { nullable: true, description: 'SHA-256 of the plan as it stands.' })
  planDigest!: string | null;

  @Field(() => Int, { description: 'Counts the edits of the plan.' })
  planRevision!: number;

  @Field(() => Int, { description: 'How many tasks may be worked on at once.' })
  maxParallelTasks!: number;

  @Field(() => Failure, { nullable: true })
  failure!: JsonValue;

  @Field(() => String, { description: 'The principal who submitted it.' })
  createdBy!: string;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true })
  startedAt!: Date | null;

  @Field(() => DateTime, { nullable: true })
  endedAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'When somebody asked to cancel it: the work is being ended.' })
  cancelRequestedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'What whoever asked to cancel it gave as the reason.' })
  cancelReason!: string | null;
}

@ObjectType()
export class OkrRunConnection extends connectionOf('OkrRun', () => OkrRun) {}

/** What every order about one run answers with. */
@ObjectType({ isAbstract: true })
abstract class OkrRunPayload {
  @Field(() => OkrRun)
  okrRun!: OkrRun;
}

@ObjectType({ description: 'What whoever submitted a goal should know at once; the goal was taken nevertheless.' })
export class SubmissionWarning {
  @Field(() => String, {
    description:
      '`budget_too_small`: it does not pay for one call of the model. `model_unknown`: its price is not known. `secret_redacted`: what looked like a secret was taken out of the goal.',
  })
  code!: string;

  @Field(() => String)
  message!: string;

  @Field(() => MicroUsd, { nullable: true, description: 'What one call may need, at least.' })
  neededMicros!: number | null;
}

@ObjectType()
export class SubmitGoalPayload extends OkrRunPayload {
  @Field(() => [SubmissionWarning])
  warnings!: SubmissionWarning[];
}

@ObjectType()
export class EditPlanPayload extends OkrRunPayload {}

@ObjectType()
export class PauseRunPayload extends OkrRunPayload {}

@ObjectType()
export class ResumeRunPayload extends OkrRunPayload {}

@ObjectType()
export class CancelRunPayload extends OkrRunPayload {
  @Field(() => Task, { nullable: true, description: 'Set when a task was cancelled and not the whole run.' })
  task!: Task | null;
}
