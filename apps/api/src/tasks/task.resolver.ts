import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { TaskRow } from '@fermata/database/reading';
import { AgentRun } from '../agent-runs/agent-run.model.js';
import { Agent } from '../agents/agent.model.js';
import { ChangeRequest } from '../change-requests/change-request.model.js';
import { type Caller, CurrentCaller, found, orderOf, Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { Cost } from '../common/cost.model.js';
import { costOfTask } from '../common/cost.js';
import { taskWaiting } from '../common/waiting.js';
import { WaitingOnModel } from '../common/waiting-on.model.js';
import { OkrRun } from '../okr-runs/okr-run.model.js';
import { Repository } from '../repositories/repository.model.js';
import { GateResult } from './gate-result.model.js';
import { Review } from './review.model.js';
import { RetryTaskInput, TaskFilterInput } from './task.input.js';
import { RetryTaskPayload, Task, TaskConnection } from './task.model.js';
import { TaskService } from './task.service.js';

@Resolver(() => Task)
export class TaskResolver {
  constructor(private readonly service: TaskService) {}

  @Mutation(() => RetryTaskPayload, {
    description: orderOf(
      'operator',
      'Reopens a task that failed or ended without landing, as a new attempt, while its run still works on tasks.',
    ),
  })
  retryTask(@CurrentCaller() caller: Caller, @Args('input') input: RetryTaskInput) {
    return this.service.retry(caller, input.taskId);
  }

  @Query(() => Task, { nullable: true })
  async task(@Reading() { load }: RequestContext, @Args('id', { type: () => ID }) id: string) {
    return found(await load.task(id), 'task', id);
  }

  @Query(() => TaskConnection, { description: 'Newest first.' })
  async tasks(
    @Reading() { read }: RequestContext,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true }) filter?: TaskFilterInput,
  ) {
    const { state, okrRunId } = filter ?? {};
    const rows = await read.tasks.list(pageRequest(page), {
      ...(state && { states: state }),
      ...(okrRunId && { okrRunId }),
    });
    return toConnection(rows, (row) => row.id);
  }

  @ResolveField(() => OkrRun)
  okrRun(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return load.okrRun(task.okrRunId);
  }

  @ResolveField(() => Repository)
  repository(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return load.repository(task.repositoryId);
  }

  @ResolveField(() => Agent, { description: 'Who works on it.' })
  assignee(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return load.agent(task.agentId);
  }

  @ResolveField(() => [Task], { description: 'What must be done before.' })
  async dependsOn(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    const ids = (await load.dependencyIdsOfTask(task.id)) ?? [];
    return Promise.all(ids.map(load.task));
  }

  @ResolveField(() => [AgentRun], {
    description: 'In the order they were queued; their subtasks are their `children`.',
  })
  async agentRuns(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return (await load.agentRunsOfTask(task.id)) ?? [];
  }

  @ResolveField(() => ChangeRequest, { nullable: true, description: 'That of the newest attempt.' })
  async changeRequest(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return (await load.changeRequestsOfTask(task.id))?.at(-1);
  }

  @ResolveField(() => [ChangeRequest], { description: 'One for each attempt that came so far.' })
  async changeRequests(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return (await load.changeRequestsOfTask(task.id)) ?? [];
  }

  @ResolveField(() => [GateResult], { description: 'In the order they ran.' })
  async gates(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return (await load.gateResultsOfTask(task.id)) ?? [];
  }

  @ResolveField(() => Review, { nullable: true, description: 'The newest.' })
  async review(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return (await load.reviewsOfTask(task.id))?.at(-1);
  }

  @ResolveField(() => [Review], { description: 'In the order they were given.' })
  async reviews(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return (await load.reviewsOfTask(task.id)) ?? [];
  }

  @ResolveField(() => Cost)
  cost(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return costOfTask(task, load);
  }

  @ResolveField(() => WaitingOnModel, { nullable: true })
  waitingOn(@Parent() task: TaskRow, @Reading() { load }: RequestContext) {
    return taskWaiting(task, load);
  }
}
