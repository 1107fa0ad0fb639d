import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { type Caller, CurrentCaller, found, orderOf, Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { SaveAgentInput } from './agent.input.js';
import { Agent, AgentConnection, SaveAgentPayload } from './agent.model.js';
import { PolicyDecision } from './policy-decision.model.js';
import { AgentService } from './agent.service.js';

@Resolver(() => Agent)
export class AgentResolver {
  constructor(private readonly service: AgentService) {}

  @Mutation(() => SaveAgentPayload, {
    description: orderOf('admin', 'Makes an agent or changes it. Runs under way keep what they began with.'),
  })
  saveAgent(@CurrentCaller() caller: Caller, @Args('input') input: SaveAgentInput) {
    return this.service.save(caller, input);
  }

  @Query(() => PolicyDecision, {
    description: 'What the policy of an agent says of a command line, and why. Nothing is run.',
  })
  testPolicy(
    @CurrentCaller() caller: Caller,
    @Args('agent', { type: () => String, description: 'Its name.' }) agent: string,
    @Args('command', { type: () => String }) command: string,
  ) {
    return this.service.testPolicy(caller, { agent, command });
  }

  @Query(() => Agent, { nullable: true })
  async agent(@Reading() { load }: RequestContext, @Args('id', { type: () => ID }) id: string) {
    return found(await load.agent(id), 'agent', id);
  }

  @Query(() => AgentConnection, { description: 'Newest first.' })
  async agents(@Reading() { read }: RequestContext, @Args() page: PageArgs) {
    return toConnection(await read.catalog.listAgents(pageRequest(page)), (row) => row.id);
  }
}
