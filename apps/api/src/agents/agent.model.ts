import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { AgentRuntime, type Json as JsonValue, Reasoning } from '@fermata/contracts';
import { connectionOf } from '../common/connection.js';
import { graphqlEnum } from '../common/graphql-enum.js';
import { Node } from '../common/node.model.js';
import { DateTime, Json } from '../common/scalars.js';

export const agentRuntimeEnum = graphqlEnum(
  'AgentRuntime',
  Object.values(AgentRuntime),
  'How an agent thinks: our loop over a model API, a program that speaks the Agent Client Protocol, or any other program.',
);

export const reasoningEnum = graphqlEnum(
  'Reasoning',
  Object.values(Reasoning),
  'How much a model that can think does so before it answers.',
);

@ObjectType({ implements: () => [Node], description: 'A named role that works on tasks.' })
export class Agent implements Node {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => agentRuntimeEnum)
  runtime!: string;

  @Field(() => String)
  model!: string;

  @Field(() => String)
  instructions!: string;

  @Field(() => Int)
  maxSteps!: number;

  @Field(() => Int, { description: 'How long a run may work, waits not counted, before a person is asked.' })
  maxWorkMs!: number;

  @Field(() => Int)
  maxOutputTokens!: number;

  @Field(() => Json, { description: 'What it may do without being asked: { mode, rules, hosts }.' })
  policy!: JsonValue;

  @Field(() => Json, {
    nullable: true,
    description:
      'Which program it is, for the runtimes `acp` and `command`: { preset, login } or { command, args, env }.',
  })
  launch!: JsonValue | null;

  @Field(() => Json, {
    description: 'The MCP servers whose tools it may use, with the values of their variables and headers.',
  })
  mcpServers!: JsonValue;

  @Field(() => Json, { nullable: true, description: 'Which model its runs ask, where that is not always `model`.' })
  modelPolicy!: JsonValue | null;

  @Field(() => reasoningEnum, { nullable: true, description: 'Null: as the provider has it.' })
  reasoning!: string | null;

  @Field(() => DateTime)
  createdAt!: Date;
}

@ObjectType()
export class AgentConnection extends connectionOf('Agent', () => Agent) {}

@ObjectType()
export class SaveAgentPayload {
  @Field(() => Agent)
  agent!: Agent;
}
