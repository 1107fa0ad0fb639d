import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { AgentRunRow } from '@fermata/database/reading';
import { Agent } from '../agents/agent.model.js';
import { Blob } from '../blobs/blob.model.js';
import { Budget } from '../budgets/budget.model.js';
import { found, Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { Cost, Usage } from '../common/cost.model.js';
import { costOfAgentRun, usageOfAgentRun } from '../common/cost.js';
import { agentRunWaiting } from '../common/waiting.js';
import { WaitingOnModel } from '../common/waiting-on.model.js';
import { OkrRun } from '../okr-runs/okr-run.model.js';
import { Task } from '../tasks/task.model.js';
import { AgentRunFilterInput } from './agent-run.input.js';
import { AgentRun, AgentRunConnection } from './agent-run.model.js';
import { StepConnection } from './step.model.js';
import { reasonIn, stepsOf } from './steps.js';

@Resolver(() => AgentRun)
export class AgentRunResolver {
  @Query(() => AgentRun, { nullable: true })
  async agentRun(@Reading() { load }: RequestContext, @Args('id', { type: () => ID }) id: string) {
    return found(await load.agentRun(id), 'agent run', id);
  }

  @Query(() => AgentRunConnection, { description: 'Newest first.' })
  async agentRuns(
    @Reading() { read }: RequestContext,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true }) filter?: AgentRunFilterInput,
  ) {
    const { state, okrRunId, taskId } = filter ?? {};
    const rows = await read.agentRuns.list(pageRequest(page), {
      ...(state && { states: state }),
      ...(okrRunId && { okrRunId }),
      ...(taskId && { taskId }),
    });
    return toConnection(rows, (row) => row.id);
  }

  @ResolveField(() => StepConnection, { description: 'In the order they were taken.' })
  steps(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext, @Args() page: PageArgs) {
    return stepsOf(run, page, load);
  }

  @ResolveField(() => Agent)
  agent(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return load.agent(run.agentId);
  }

  @ResolveField(() => Task, { nullable: true })
  task(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return run.taskId === null ? null : load.task(run.taskId);
  }

  @ResolveField(() => OkrRun)
  okrRun(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return load.okrRun(run.okrRunId);
  }

  @ResolveField(() => AgentRun, { nullable: true, description: 'The run whose conversation it goes on with.' })
  continues(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return run.continuesRunId === null ? null : load.agentRun(run.continuesRunId);
  }

  @ResolveField(() => AgentRun, { nullable: true, description: 'Of a subtask: the run that asked for it.' })
  parent(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return run.parentRunId === null ? null : load.agentRun(run.parentRunId);
  }

  @ResolveField(() => [AgentRun], { description: 'Its subtasks, in the order it asked for them.' })
  async children(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return (await load.subtasksOfAgentRun(run.id)) ?? [];
  }

  @ResolveField(() => Budget, {
    nullable: true,
    description: 'Of a subtask: its share of what was left to its parent.',
  })
  budget(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return run.parentRunId === null ? null : load.budgetOf(run.id);
  }

  @ResolveField(() => ID, { nullable: true, description: 'The worktree it works in, as its host knows it.' })
  worktree(@Parent() run: AgentRunRow) {
    return run.worktreeId;
  }

  @ResolveField(() => Blob, { nullable: true, description: 'What it was asked to do.' })
  brief(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return load.blob(run.briefDigest);
  }

  @ResolveField(() => Blob, { nullable: true, description: 'The instructions it works under.' })
  system(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return load.blob(run.systemDigest);
  }

  @ResolveField(() => Usage)
  usage(@Parent() run: AgentRunRow) {
    return usageOfAgentRun(run);
  }

  @ResolveField(() => Cost)
  cost(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return costOfAgentRun(run, load);
  }

  @ResolveField(() => String, {
    nullable: true,
    description: 'Why it was given its model, where its agent has a policy.',
  })
  modelReason(@Parent() { modelChoice }: AgentRunRow) {
    return reasonIn(modelChoice);
  }

  @ResolveField(() => WaitingOnModel, { nullable: true })
  waitingOn(@Parent() run: AgentRunRow, @Reading() { load }: RequestContext) {
    return agentRunWaiting(run, load);
  }
}
