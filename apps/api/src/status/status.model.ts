import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { type Role, roles } from '@fermata/contracts';
import { graphqlEnum } from '../common/graphql-enum.js';
import { DateTime } from '../common/scalars.js';
import { waitKindEnum } from '../common/waiting-on.model.js';

const roleEnum = graphqlEnum('Role', roles, 'What a token may do. Each role may do what those before it may.');

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

@ObjectType({ description: 'What is going on in your workspace.' })
export class Status {
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
