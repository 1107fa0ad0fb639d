import { Field, ID, InputType } from '@nestjs/graphql';
import type { AgentRunState } from '@fermata/contracts';
import { agentRunStateEnum } from './agent-run.model.js';

@InputType()
export class AgentRunFilterInput {
  @Field(() => ID, { nullable: true })
  okrRunId?: string | null;

  @Field(() => ID, { nullable: true })
  taskId?: string | null;

  @Field(() => [agentRunStateEnum], { nullable: true })
  state?: AgentRunState[] | null;
}
