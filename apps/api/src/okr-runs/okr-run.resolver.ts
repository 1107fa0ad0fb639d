import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { OkrRunReport } from '@fermata/contracts';
import type { OkrRunRow } from '@fermata/database/reading';
import { AgentRun } from '../agent-runs/agent-run.model.js';
import { Agent } from '../agents/agent.model.js';
import { Approval } from '../approvals/approval.model.js';
import { Budget } from '../budgets/budget.model.js';
import { ChangeRequest } from '../change-requests/change-request.model.js';
import { type Caller, CurrentCaller, found, orderOf, Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { Cost } from '../common/cost.model.js';
import { costOfRun, costSourceOfRun } from '../common/cost.js';
import { okrRunWaiting } from '../common/waiting.js';
import { WaitingOnModel } from '../common/waiting-on.model.js';
import { Repository } from '../repositories/repository.model.js';
import { Task } from '../tasks/task.model.js';
import { KeyResult } from './key-result.model.js';
import {
  approvalModeEnum,
  CancelRunInput,
  EditPlanInput,
  OkrRunFilterInput,
  OkrRunOrderInput,
  SubmitGoalInput,
} from './okr-run.input.js';
import {
  CancelRunPayload,
  EditPlanPayload,
  Objective,
  OkrRun,
  OkrRunConnection,
  PauseRunPayload,
  ResumeRunPayload,
  SubmitGoalPayload,
} from './okr-run.model.js';
import { OkrRunService } from './okr-run.service.js';
import { Report } from './report.model.js';

@Resolver(() => OkrRun)
export class OkrRunResolver {
  constructor(private readonly service: OkrRunService) {}

  @Mutation(() => SubmitGoalPayload, {
    description: orderOf(
      'operator',
      'Takes a goal, once for each clientRequestId: the run is drafted, waits for approval, and is then worked on.',
    ),
  })
  submitGoal(@CurrentCaller() caller: Caller, @Args('input') input: SubmitGoalInput) {
    return this.service.submit(caller, input);
  }

  @Mutation(() => EditPlanPayload, {
    description: orderOf(
      'approver',
      'Changes a plan that awaits approval. The question that was open is void; a new one asks about the changed plan.',
    ),
  })
  editPlan(@CurrentCaller() caller: Caller, @Args('input') input: EditPlanInput) {
    return this.service.editPlan(caller, input);
  }

  @Mutation(() => PauseRunPayload, {
    description: orderOf('operator', 'Holds a run: what is under way ends its step, nothing new begins.'),
  })
  pauseRun(@CurrentCaller() caller: Caller, @Args('input') input: OkrRunOrderInput) {
    return this.service.pause(caller, input.id);
  }

  @Mutation(() => ResumeRunPayload, { description: orderOf('operator', 'Lets a paused run go on where it was.') })
  resumeRun(@CurrentCaller() caller: Caller, @Args('input') input: OkrRunOrderInput) {
    return this.service.resume(caller, input.id);
  }

  @Mutation(() => CancelRunPayload, {
    description: orderOf(
      'operator',
      'Asks for the end of a run or of one task. It is cancelled when its work has ended; work done is kept on its branch.',
    ),
  })
  cancelRun(@CurrentCaller() caller: Caller, @Args('input') input: CancelRunInput) {
    return this.service.cancel(caller, input);
  }

  @Query(() => OkrRun, { nullable: true })
  async okrRun(@Reading() { load }: RequestContext, @Args('id', { type: () => ID }) id: string) {
    return found(await load.okrRun(id), 'OKR run', id);
  }

  @Query(() => OkrRunConnection, { description: 'Newest first.' })
  async okrRuns(
    @Reading() { read }: RequestContext,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true }) filter?: OkrRunFilterInput,
  ) {
    const { state, repositoryId } = filter ?? {};
    const rows = await read.okrRuns.list(pageRequest(page), {
      ...(state && { states: state }),
      ...(repositoryId && { repositoryId }),
    });
    return toConnection(rows, (row) => row.id);
  }

  @ResolveField(() => Repository)
  repository(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return load.repository(run.repositoryId);
  }

  @ResolveField(() => Agent, { description: 'Who plans and works.' })
  agent(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return load.agent(run.agentId);
  }

  @ResolveField(() => approvalModeEnum)
  approvalMode(@Parent() run: OkrRunRow) {
    return run.approvalMode.toUpperCase();
  }

  @ResolveField(() => Objective, { nullable: true, description: 'Null while it is being drafted.' })
  objective(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return run.objectiveId === null ? null : load.objective(run.objectiveId);
  }

  @ResolveField(() => [KeyResult])
  async keyResults(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return (await load.keyResultsOfRun(run.id)) ?? [];
  }

  @ResolveField(() => [Task], { description: 'In the order of the plan.' })
  async tasks(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return (await load.tasksOfRun(run.id)) ?? [];
  }

  @ResolveField(() => [AgentRun], { description: "Runs that belong to no task, such as the planner's." })
  async agentRuns(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return (await load.ownAgentRunsOfRun(run.id)) ?? [];
  }

  @ResolveField(() => [ChangeRequest])
  async changeRequests(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return (await load.changeRequestsOfRun(run.id)) ?? [];
  }

  @ResolveField(() => Approval, { nullable: true, description: 'The newest question about the plan.' })
  approval(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return load.planApprovalOfRun(run.id);
  }

  @ResolveField(() => Budget, { nullable: true })
  budget(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return load.budgetOf(run.id);
  }

  @ResolveField(() => Cost)
  cost(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return costOfRun(run, load);
  }

  @ResolveField(() => Report, { nullable: true, description: 'Null until the run has ended.' })
  async report(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    if (run.report === null) return null;
    const { estimated: costEstimated } = await costOfRun(run, load);
    const costSource = await costSourceOfRun(run, load);
    return { ...(run.report as unknown as OkrRunReport), costEstimated, costSource, cancelReason: run.cancelReason };
  }

  @ResolveField(() => WaitingOnModel, { nullable: true })
  waitingOn(@Parent() run: OkrRunRow, @Reading() { load }: RequestContext) {
    return okrRunWaiting(run, load);
  }
}
