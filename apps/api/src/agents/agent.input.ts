import { Field, InputType, Int } from '@nestjs/graphql';
import type { AgentRuntime, Json as JsonValue } from '@fermata/contracts';
import { Json } from '../common/scalars.js';
import { agentRuntimeEnum } from './agent.model.js';

@InputType({ description: 'Fields left out keep what the agent has; a new agent gets the defaults.' })
export class SaveAgentInput {
  @Field(() => String, { description: 'The agent is found by its name, or made.' })
  name!: string;

  @Field(() => agentRuntimeEnum, { nullable: true, description: '`api` for a new agent.' })
  runtime?: AgentRuntime | null;

  @Field(() => String, { nullable: true, description: 'Needed for a new agent.' })
  model?: string | null;

  @Field(() => String, { nullable: true })
  instructions?: string | null;

  @Field(() => Int, { nullable: true, description: 'From 1 to 1000; 80 for a new agent.' })
  maxSteps?: number | null;

  @Field(() => Int, { nullable: true, description: 'From 256 to 200000; 16000 for a new agent.' })
  maxOutputTokens?: number | null;

  @Field(() => Json, {
    nullable: true,
    description: '{ mode, rules, hosts }: what it may do without being asked. See docs/guides/policy.md.',
  })
  policy?: JsonValue | null;

  @Field(() => Json, {
    nullable: true,
    description:
      'Which program an agent is: { preset, login } for the runtime `acp`, { command, args, env } for `acp` or `command`. See docs/guides/agents.md.',
  })
  launch?: JsonValue | null;
}
