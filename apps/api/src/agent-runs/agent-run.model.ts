import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { AgentRunKind, AgentRunState, Containment, type Json as JsonValue } from '@fermata/contracts';
import { agentRuntimeEnum } from '../agents/agent.model.js';
import { connectionOf } from '../common/connection.js';
import { graphqlEnum } from '../common/graphql-enum.js';
import { Failure } from '../common/failure.model.js';
import { Node } from '../common/node.model.js';
import { costSourceEnum } from '../common/cost.model.js';
import { DateTime, Json } from '../common/scalars.js';

export const agentRunStateEnum = graphqlEnum(
  'AgentRunState',
  Object.values(AgentRunState),
  'Where an agent run stands.',
);
const agentRunKindEnum = graphqlEnum('AgentRunKind', Object.values(AgentRunKind), 'What an agent run is for.');

const containmentEnum = graphqlEnum(
  'Containment',
  Object.values(Containment),
  'What keeps the programs of an agent run away from the rest of the machine.',
);

@ObjectType({ implements: () => [Node], description: 'One attempt by one agent at something.' })
export class AgentRun implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => agentRunStateEnum)
  state!: string;

  @Field(() => agentRunKindEnum)
  kind!: string;

  @Field(() => String, { nullable: true, description: 'Of a subtask: what it is, in a few words.' })
  title!: string | null;

  @Field(() => Int, { description: 'How deep it stands among subtasks; 0: it is none.' })
  depth!: number;

  @Field(() => Int, {
    description: 'Counts the runs of one kind within an attempt, from 0; subtasks within the run that asked for them.',
  })
  round!: number;

  @Field(() => Int, { description: 'The attempt at the task, from 1.' })
  attempt!: number;

  @Field(() => agentRuntimeEnum)
  runtime!: string;

  @Field(() => String)
  model!: string;

  @Field(() => String, { nullable: true, description: "The worker's host that has the worktree." })
  host!: string | null;

  @Field(() => containmentEnum, { nullable: true, description: 'Null before the run has begun.' })
  containment!: string | null;

  @Field(() => costSourceEnum)
  costSource!: string;

  @Field(() => Int)
  maxSteps!: number;

  @Field(() => Json, { nullable: true, description: 'What the agent finished with.' })
  result!: JsonValue;

  @Field(() => Failure, { nullable: true })
  failure!: JsonValue;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true })
  startedAt!: Date | null;

  @Field(() => DateTime, { nullable: true })
  endedAt!: Date | null;
}

@ObjectType()
export class AgentRunConnection extends connectionOf('AgentRun', () => AgentRun) {}
