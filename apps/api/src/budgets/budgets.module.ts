import { Module } from '@nestjs/common';
import { BudgetResolver } from './budget.resolver.js';
import { BudgetService } from './budget.service.js';
import { CostReportResolver } from './cost-report.resolver.js';

@Module({ providers: [BudgetResolver, BudgetService, CostReportResolver] })
export class BudgetsModule {}
