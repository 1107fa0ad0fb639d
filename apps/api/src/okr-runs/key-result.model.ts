import { Field, Float, ID, Int, ObjectType } from '@nestjs/graphql';
import type {
  Json as JsonValue,
  Measure as StoredMeasure,
  MeasurementPhase,
  TargetDirection,
} from '@fermata/contracts';
import { Failure } from '../common/failure.model.js';
import { graphqlEnum } from '../common/graphql-enum.js';
import { DateTime, Json } from '../common/scalars.js';

const measureKinds: readonly StoredMeasure['kind'][] = ['command', 'tasks', 'manual'];
const directions: readonly TargetDirection[] = ['increase', 'decrease'];
const phases: readonly MeasurementPhase[] = ['baseline', 'final'];

const measureKindEnum = graphqlEnum(
  'MeasureKind',
  measureKinds,
  'How a value is read: by a command, from the tasks merged (in percent), or by asking a person.',
);
export const directionEnum = graphqlEnum(
  'TargetDirection',
  directions,
  'On which side of its target a value meets it.',
);
const phaseEnum = graphqlEnum('MeasurementPhase', phases, 'Before the work, and after it.');

@ObjectType({ description: 'How the value of a key result is read.' })
class Measure {
  @Field(() => measureKindEnum)
  kind!: string;

  @Field(() => String, { nullable: true })
  command?: string;

  @Field(() => Json, { nullable: true, description: 'How the value is read from what the command printed.' })
  read?: JsonValue;

  @Field(() => Int, { nullable: true })
  timeoutMs?: number;

  @Field(() => String, { nullable: true, description: 'What the person is asked.' })
  question?: string;
}

@ObjectType({ description: 'One reading of a key result: what ran, on which commit, and what came out.' })
export class Evidence {
  @Field(() => ID)
  id!: string;

  @Field(() => phaseEnum)
  phase!: string;

  @Field(() => Float, { nullable: true })
  value!: number | null;

  @Field(() => String, { nullable: true })
  command!: string | null;

  @Field(() => String, { nullable: true })
  commit!: string | null;

  @Field(() => Int, { nullable: true })
  exitCode!: number | null;

  @Field(() => Failure, { nullable: true })
  failure!: JsonValue;

  @Field(() => String, { description: 'A principal, or `fermata`.' })
  measuredBy!: string;

  @Field(() => DateTime)
  measuredAt!: Date;
}

@ObjectType({ description: 'A measurable part of an objective.' })
export class KeyResult {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  position!: number;

  @Field(() => String)
  title!: string;

  @Field(() => String)
  unit!: string;

  @Field(() => directionEnum)
  direction!: string;

  @Field(() => Measure)
  measure!: JsonValue;

  @Field(() => Float, { nullable: true, description: 'What the plan believed before anything was measured.' })
  statedBaseline!: number | null;

  @Field(() => Float, { nullable: true, description: 'Measured before the work. Null until then.' })
  baseline!: number | null;

  @Field(() => Float)
  target!: number;

  @Field(() => Float, { nullable: true, description: 'Measured after the work. Null until then.' })
  value!: number | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the target was met. Null while unmeasured.' })
  met!: boolean | null;
}
