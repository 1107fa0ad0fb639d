import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { type Json as JsonValue, StepState, type StepKind } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { Failure } from '../common/failure.model.js';
import { graphqlEnum } from '../common/graphql-enum.js';
import { DateTime } from '../common/scalars.js';

const stepKinds: readonly StepKind[] = ['model', 'tool', 'note'];

const stepKindEnum = graphqlEnum('StepKind', stepKinds, "A model call, a tool call, or a sentence of Fermata's own.");
const stepStateEnum = graphqlEnum(
  'StepState',
  Object.values(StepState),
  '`unknown`: it may or may not have happened; the model was told so.',
);

@ObjectType({ description: 'One model call or one tool call, recorded.' })
export class Step {
  @Field(() => ID)
  id!: string;

  @Field(() => Int, { description: 'The place in the run, from 0.' })
  index!: number;

  @Field(() => stepKindEnum)
  kind!: string;

  @Field(() => String, { description: 'The model or the tool.' })
  name!: string;

  @Field(() => String, { nullable: true, description: "The provider's id of a tool call." })
  callId!: string | null;

  @Field(() => stepStateEnum)
  state!: string;

  @Field(() => Int)
  attempt!: number;

  @Field(() => String, { nullable: true, description: 'The commit that keeps the worktree as it was after this step.' })
  checkpoint!: string | null;

  @Field(() => Failure, { nullable: true })
  failure!: JsonValue;

  @Field(() => DateTime)
  startedAt!: Date;

  @Field(() => DateTime, { nullable: true })
  endedAt!: Date | null;
}

@ObjectType()
export class StepConnection extends connectionOf('Step', () => Step) {}
