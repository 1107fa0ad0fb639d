import { Args, Query, Resolver } from '@nestjs/graphql';
import { DomainError, maxReportDays } from '@fermata/contracts';
import { Reading, type RequestContext } from '../common/caller.js';
import { CostReport, CostReportArgs } from './cost-report.model.js';

const dayMs = 86_400_000;

@Resolver()
export class CostReportResolver {
  @Query(() => CostReport, { description: 'What was spent from `from` until `to`, added up.' })
  costReport(@Reading() { read }: RequestContext, @Args() asked: CostReportArgs) {
    refuseBadRange(asked);
    return read.costs.costReport(asked);
  }
}

function refuseBadRange({ from, to }: CostReportArgs): void {
  const days = (to.getTime() - from.getTime()) / dayMs;
  if (days <= 0) throw new DomainError('invalid_input', 'to must be later than from; exchange them');
  if (days <= maxReportDays) return;
  const message = `a report covers ${maxReportDays} days at most, and this would be ${Math.ceil(days)}; ask for less time at once`;
  throw new DomainError('invalid_input', message);
}
