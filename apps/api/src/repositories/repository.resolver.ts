import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { RepositoryRow } from '@fermata/database/reading';
import { type Caller, CurrentCaller, found, orderOf, Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { AddRepositoryInput } from './repository.input.js';
import { AddRepositoryPayload, Gate, Repository, RepositoryConnection } from './repository.model.js';
import { RepositoryService } from './repository.service.js';

@Resolver(() => Repository)
export class RepositoryResolver {
  constructor(private readonly service: RepositoryService) {}

  @Mutation(() => AddRepositoryPayload, {
    description: orderOf('admin', 'Looks at a repository and adds it. The same location twice gives the first.'),
  })
  addRepository(@CurrentCaller() caller: Caller, @Args('input') input: AddRepositoryInput) {
    return this.service.add(caller, input);
  }

  @Query(() => Repository, { nullable: true })
  async repository(@Reading() { load }: RequestContext, @Args('id', { type: () => ID }) id: string) {
    return found(await load.repository(id), 'repository', id);
  }

  @Query(() => RepositoryConnection, { description: 'Newest first.' })
  async repositories(@Reading() { read }: RequestContext, @Args() page: PageArgs) {
    return toConnection(await read.catalog.listRepositories(pageRequest(page)), (row) => row.id);
  }

  @ResolveField(() => [Gate], { description: 'In the order they run.' })
  async gates(@Parent() repository: RepositoryRow, @Reading() { load }: RequestContext) {
    return (await load.gatesOfRepository(repository.id)) ?? [];
  }
}
