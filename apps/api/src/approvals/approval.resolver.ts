import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { ApprovalState } from '@fermata/contracts';
import type { ApprovalRow } from '@fermata/database/reading';
import { AgentRun } from '../agent-runs/agent-run.model.js';
import { type Caller, CurrentCaller, found, orderOf, Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { findNode } from '../common/find-node.js';
import { Node } from '../common/node.model.js';
import { approvalWaiting } from '../common/waiting.js';
import { WaitingOnModel } from '../common/waiting-on.model.js';
import { OkrRun } from '../okr-runs/okr-run.model.js';
import { Task } from '../tasks/task.model.js';
import { DecideApprovalInput } from './approval.input.js';
import { Approval, ApprovalConnection, approvalStateEnum, DecideApprovalPayload } from './approval.model.js';
import { ApprovalService } from './approval.service.js';

@Resolver(() => Approval)
export class ApprovalResolver {
  constructor(private readonly service: ApprovalService) {}

  @Mutation(() => DecideApprovalPayload, {
    description: orderOf('approver', 'Answers a question in the inbox. Saying the same thing twice is harmless.'),
  })
  decideApproval(@CurrentCaller() caller: Caller, @Args('input') input: DecideApprovalInput) {
    return this.service.decide(caller, input);
  }

  @Query(() => Approval, { nullable: true })
  async approval(@Reading() { load }: RequestContext, @Args('id', { type: () => ID }) id: string) {
    return found(await load.approval(id), 'approval', id);
  }

  @Query(() => ApprovalConnection, {
    description: 'The inbox, oldest first. Questions in every state when none is named.',
  })
  async approvals(
    @Reading() { read }: RequestContext,
    @Args() page: PageArgs,
    @Args('state', { type: () => approvalStateEnum, nullable: true }) state?: ApprovalState,
  ) {
    const rows = await read.approvals.list(pageRequest(page), { ...(state && { states: [state] }) });
    return toConnection(rows, (row) => row.id);
  }

  @ResolveField(() => Node, { nullable: true, description: 'What it is about, where that has an id of its own.' })
  subject(@Parent() approval: ApprovalRow, @Reading() { load }: RequestContext) {
    return findNode(load, approval.subjectId);
  }

  @ResolveField(() => OkrRun)
  okrRun(@Parent() approval: ApprovalRow, @Reading() { load }: RequestContext) {
    return load.okrRun(approval.okrRunId);
  }

  @ResolveField(() => Task, { nullable: true })
  task(@Parent() { taskId }: ApprovalRow, @Reading() { load }: RequestContext) {
    return taskId === null ? null : load.task(taskId);
  }

  @ResolveField(() => AgentRun, { nullable: true })
  agentRun(@Parent() { agentRunId }: ApprovalRow, @Reading() { load }: RequestContext) {
    return agentRunId === null ? null : load.agentRun(agentRunId);
  }

  @ResolveField(() => WaitingOnModel, { nullable: true })
  waitingOn(@Parent() approval: ApprovalRow) {
    return approvalWaiting(approval);
  }
}
