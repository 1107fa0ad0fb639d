import { Field, InputType, Int } from '@nestjs/graphql';
import type { AgentRuntime, Json as JsonValue, Reasoning } from '@fermata/contracts';
import { Json } from '../common/scalars.js';
import { agentRuntimeEnum, reasoningEnum } from './agent.model.js';

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

  @Field(() => Int, {
    nullable: true,
    description:
      'How long a run may work, waits not counted, before a person is asked: 60000 to 604800000; four hours for a new agent.',
  })
  maxWorkMs?: number | null;

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

  @Field(() => Json, {
    nullable: true,
    description:
      'The MCP servers whose tools it may use: a list of { name, transport: "stdio", command, args, env } and { name, transport: "http", url, headers }. See docs/guides/mcp.md.',
  })
  mcpServers?: JsonValue | null;

  @Field(() => Json, {
    nullable: true,
    description:
      '{ rules, escalate, fallback, downgrade }: which model its runs ask. {} has none. See docs/guides/models.md.',
  })
  modelPolicy?: JsonValue | null;

  @Field(() => reasoningEnum, { nullable: true, description: 'How much its models think before they answer.' })
  reasoning?: Reasoning | null;
}
