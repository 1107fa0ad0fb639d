import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { type GatePhase, GateState } from '@fermata/contracts';
import { graphqlEnum } from '../common/graphql-enum.js';
import { DateTime } from '../common/scalars.js';

const gatePhases: readonly GatePhase[] = ['work', 'landing'];

const gateStateEnum = graphqlEnum('GateState', Object.values(GateState), '`not_run` is not a pass.');
const gatePhaseEnum = graphqlEnum(
  'GatePhase',
  gatePhases,
  "`work`: on the task's worktree. `landing`: on the commit about to land.",
);

@ObjectType({ description: 'What a gate said about one state of the work.' })
export class GateResult {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String)
  command!: string;

  @Field(() => gateStateEnum)
  state!: string;

  @Field(() => gatePhaseEnum)
  phase!: string;

  @Field(() => Int)
  attempt!: number;

  @Field(() => Int)
  round!: number;

  @Field(() => Int, { nullable: true })
  exitCode!: number | null;

  @Field(() => Int)
  durationMs!: number;

  @Field(() => String, { nullable: true, description: 'The commit it ran on.' })
  commit!: string | null;

  @Field(() => DateTime)
  ranAt!: Date;
}
