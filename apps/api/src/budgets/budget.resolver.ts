import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { BudgetRow } from '@fermata/database/reading';
import { type Caller, CurrentCaller, orderOf, Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { MicroUsd } from '../common/scalars.js';
import { SetBudgetInput } from './budget.input.js';
import { Budget, BudgetConnection, SetBudgetPayload } from './budget.model.js';
import { BudgetService } from './budget.service.js';

@Resolver(() => Budget)
export class BudgetResolver {
  constructor(private readonly service: BudgetService) {}

  @Mutation(() => SetBudgetPayload, {
    description: orderOf(
      'admin',
      'Sets or takes away a cap. A run that waits for money goes on when the cap allows it.',
    ),
  })
  setBudget(@CurrentCaller() caller: Caller, @Args('input') input: SetBudgetInput) {
    return this.service.set(caller, input);
  }

  @Query(() => BudgetConnection, { description: 'Newest first.' })
  async budgets(@Reading() { read }: RequestContext, @Args() page: PageArgs) {
    return toConnection(await read.money.listBudgets(pageRequest(page)), (row) => row.id);
  }

  @ResolveField(() => Boolean, { description: 'Some of what was spent was reckoned: see `Cost.estimated`.' })
  async spentEstimated(@Parent() { subjectId }: BudgetRow, @Reading() { load }: RequestContext) {
    return (await load.spentByRun(subjectId))?.estimated ?? false;
  }

  @ResolveField(() => MicroUsd, { nullable: true, description: 'What may still be reserved. Null without a cap.' })
  remainingMicros(@Parent() { limitMicros, spentMicros, heldMicros }: BudgetRow) {
    return limitMicros === null ? null : limitMicros - spentMicros - heldMicros;
  }
}
