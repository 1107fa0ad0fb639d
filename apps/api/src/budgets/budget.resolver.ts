import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { BudgetRow } from '@fermata/database/reading';
import { type Caller, CurrentCaller, orderOf, Reading, type RequestContext } from '../common/caller.js';
import { PageArgs, pageRequest, toConnection } from '../common/connection.js';
import { MicroUsd } from '../common/scalars.js';
import { BudgetFilterInput, SetBudgetInput, SetTimeZoneInput } from './budget.input.js';
import { Budget, BudgetConnection, BudgetLimit, SetBudgetPayload, SetTimeZonePayload } from './budget.model.js';
import { BudgetService } from './budget.service.js';

@Resolver(() => Budget)
export class BudgetResolver {
  constructor(private readonly service: BudgetService) {}

  @Mutation(() => SetBudgetPayload, {
    description: orderOf(
      'admin',
      'Sets or takes away one limit of a budget. A run that waits for money goes on when its limits allow it.',
    ),
  })
  setBudget(@CurrentCaller() caller: Caller, @Args('input') input: SetBudgetInput) {
    return this.service.set(caller, input);
  }

  @Mutation(() => SetTimeZonePayload, {
    description: orderOf('admin', 'Sets the zone in which the days of budgets and reports of your workspace begin.'),
  })
  setTimeZone(@CurrentCaller() caller: Caller, @Args('input') { timeZone }: SetTimeZoneInput) {
    return this.service.setTimeZone(caller, timeZone);
  }

  @Query(() => BudgetConnection, { description: 'Newest first.' })
  async budgets(
    @Reading() { read }: RequestContext,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true }) filter?: BudgetFilterInput,
  ) {
    return toConnection(await read.money.listBudgets(pageRequest(page), filter ?? {}), (row) => row.id);
  }

  @ResolveField(() => Boolean, { description: 'Some of what was spent was reckoned: see `Cost.estimated`.' })
  async spentEstimated(@Parent() { subjectId }: BudgetRow, @Reading() { load }: RequestContext) {
    return (await load.spentEstimated(subjectId)) ?? false;
  }

  @ResolveField(() => MicroUsd, { nullable: true, description: 'What may still be reserved. Null without a cap.' })
  remainingMicros(@Parent() { limitMicros, spentMicros, heldMicros }: BudgetRow) {
    return limitMicros === null ? null : limitMicros - spentMicros - heldMicros;
  }

  @ResolveField(() => [BudgetLimit], { description: '`total` first, then those of a period that are set.' })
  async limits(@Parent() { id }: BudgetRow, @Reading() { load }: RequestContext) {
    return (await load.limitsOfBudget(id)) ?? [];
  }
}
