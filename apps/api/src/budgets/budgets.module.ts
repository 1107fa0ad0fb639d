import { Module } from '@nestjs/common';
import { BudgetResolver } from './budget.resolver.js';
import { BudgetService } from './budget.service.js';

@Module({ providers: [BudgetResolver, BudgetService] })
export class BudgetsModule {}
