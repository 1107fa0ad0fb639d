import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { CircuitState, type Role, roles } from '@fermata/contracts';
import { graphqlEnum } from '../common/graphql-enum.js';
import { DateTime } from '../common/scalars.js';
import { waitKindEnum } from '../common/waiting-on.model.js';

const roleEnum = graphqlEnum('Role', roles, 'What a token may do. Each role may do what those before it may.');

const circuitEnum = graphqlEnum(
  'CircuitState',
  Object.values(CircuitState),
  'Whether calls go to a provider: all (`closed`, though it may limit them), none, or one that tries whether it is back.',
);

@ObjectType()
export class StateCount {
  @Field(() => String)
  state!: string;

  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: 'How many items of one type wait for one kind of thing.' })
export class WaitCount {
  @Field(() => String, { description: '`OkrRun`, `Task`, `AgentRun` or `ChangeRequest`.' })
  type!: string;

  @Field(() => waitKindEnum)
  kind!: string;

  @Field(() => Int)
  count!: number;

  @Field(() => DateTime, { description: 'When the longest of them began to wait.' })
  since!: Date;
}

@ObjectType({ description: 'A worker and the disk it works on. Hosts serve every workspace.' })
export class Host {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { description: 'Of the machine.' })
  name!: string;

  @Field(() => String, { description: 'Of Fermata.' })
  version!: string;

  @Field(() => String, { description: 'What holds back the programs that agents run there; `none` when nothing does.' })
  containment!: string;

  @Field(() => DateTime)
  startedAt!: Date;

  @Field(() => DateTime, { description: 'Its last sign of life; there is one every few seconds.' })
  lastSeenAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was stopped in order.' })
  stoppedAt!: Date | null;

  @Field(() => Boolean, { description: 'It has not been stopped, and was heard of a moment ago.' })
  alive!: boolean;
}

@ObjectType({ description: "A provider's model that calls do not go to right now, in no workspace." })
export class ModelCircuit {
  @Field(() => String)
  provider!: string;

  @Field(() => String, { description: 'Of its address.' })
  host!: string;

  @Field(() => String)
  model!: string;

  @Field(() => circuitEnum)
  circuit!: string;

  @Field(() => Int, { description: 'Calls that failed since the last answer.' })
  failures!: number;

  @Field(() => String, { nullable: true, description: 'What the provider said last, such as `HTTP 529`.' })
  reason!: string | null;

  @Field(() => DateTime)
  since!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it is asked again.' })
  until!: Date | null;
}

@ObjectType({ description: 'What is going on in your workspace.' })
export class Status {
  @Field(() => [Host], { description: 'The one heard of last first.' })
  hosts!: Host[];

  @Field(() => [ModelCircuit], { description: 'Empty when every provider answers.' })
  modelCircuits!: ModelCircuit[];

  @Field(() => [StateCount])
  okrRuns!: StateCount[];

  @Field(() => [StateCount])
  tasks!: StateCount[];

  @Field(() => [StateCount])
  agentRuns!: StateCount[];

  @Field(() => [StateCount])
  changeRequests!: StateCount[];

  @Field(() => Int)
  pendingApprovals!: number;

  @Field(() => [WaitCount])
  waiting!: WaitCount[];
}

@ObjectType()
export class Workspace {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String, { description: 'IANA name: where the days of budgets and reports begin.' })
  timeZone!: string;
}

@ObjectType({ description: 'Whom your token stands for.' })
export class Me {
  @Field(() => ID)
  principalId!: string;

  @Field(() => String)
  name!: string;

  @Field(() => roleEnum)
  role!: Role;

  @Field(() => Workspace)
  workspace!: Workspace;
}
