import { IdPrefix, idPrefix, DomainError, type MicroUsd } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import { budgetsQuery, setBudgetMutation } from '../graphql/budget.js';
import { collectPages } from '../graphql/collect-pages.js';
import { renderBudget, renderBudgets, spent } from '../rendering/budget.js';
import { dollars } from './arguments.js';
import { pageOf } from './page-of.js';

export const addBudget: AddVerb = (program, act) => {
  const budget = program.command('budget').description('caps on what runs may spend');

  budget
    .command('set')
    .description('set the cap of a run; one that waits for money goes on when the cap allows it')
    .argument('<id>', 'an OKR run')
    .argument('<dollars>', 'the new cap, or none', (text: string) => (text === 'none' ? null : dollars(text)))
    .action(
      act(async (context, id: string, limitMicros: MicroUsd | null) => {
        if (idPrefix(id) !== IdPrefix.okrRun)
          throw new DomainError('invalid_input', `Budgets are set on OKR runs: "${id}" is no okr_… id.`, { id });
        const input = { okrRunId: id, limitMicros };
        const { budget: set } = (await (await context.api()).ask(setBudgetMutation, { input })).setBudget;
        const short = limitMicros !== null && limitMicros < set.spentMicros;
        const note = short ? `\nThat is less than the ${spent(set)} spent: nothing more will be.` : '';
        return { text: `${renderBudget(set)}${note}`, json: { budget: set } };
      }),
    );

  budget
    .command('list')
    .description('list the budgets')
    .action(
      act(async (context) => {
        const api = await context.api();
        const budgets = await collectPages(async (page) => (await api.ask(budgetsQuery, page)).budgets);
        return { text: renderBudgets(budgets, pageOf(context)), json: { budgets } };
      }),
    );
};
