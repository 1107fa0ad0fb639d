import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { ChangeRequestRow } from '@fermata/database/reading';
import { found, Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { changeRequestWaiting } from '../common/waiting.js';
import { WaitingOnModel } from '../common/waiting-on.model.js';
import { OkrRun } from '../okr-runs/okr-run.model.js';
import { Repository } from '../repositories/repository.model.js';
import { Task } from '../tasks/task.model.js';
import { ChangeRequestFilterInput } from './change-request.input.js';
import { ChangeRequest, ChangeRequestConnection } from './change-request.model.js';

@Resolver(() => ChangeRequest)
export class ChangeRequestResolver {
  @Query(() => ChangeRequest, { nullable: true })
  async changeRequest(@Reading() { load }: RequestContext, @Args('id', { type: () => ID }) id: string) {
    return found(await load.changeRequest(id), 'change request', id);
  }

  @Query(() => ChangeRequestConnection, { description: 'Newest first.' })
  async changeRequests(
    @Reading() { read }: RequestContext,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true }) filter?: ChangeRequestFilterInput,
  ) {
    const { state, okrRunId } = filter ?? {};
    const rows = await read.changeRequests.list(pageRequest(page), {
      ...(state && { states: state }),
      ...(okrRunId && { okrRunId }),
    });
    return toConnection(rows, (row) => row.id);
  }

  @ResolveField(() => Task)
  task(@Parent() change: ChangeRequestRow, @Reading() { load }: RequestContext) {
    return load.task(change.taskId);
  }

  @ResolveField(() => OkrRun)
  okrRun(@Parent() change: ChangeRequestRow, @Reading() { load }: RequestContext) {
    return load.okrRun(change.okrRunId);
  }

  @ResolveField(() => Repository)
  repository(@Parent() change: ChangeRequestRow, @Reading() { load }: RequestContext) {
    return load.repository(change.repositoryId);
  }

  @ResolveField(() => WaitingOnModel, { nullable: true })
  waitingOn(@Parent() change: ChangeRequestRow, @Reading() { load }: RequestContext) {
    return changeRequestWaiting(change, load);
  }
}
