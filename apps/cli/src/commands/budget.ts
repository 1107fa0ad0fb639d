import type { Command } from 'commander';
import { DomainError, formatUsd, IdPrefix, idPrefix, type MicroUsd } from '@fermata/contracts';
import type { Act, AddVerb } from '../act.js';
import { type Budget, budgetsQuery, setBudgetMutation, setTimeZoneMutation, timeZoneQuery } from '../graphql/budget.js';
import type { Api } from '../graphql/api.js';
import { collectPages } from '../graphql/collect-pages.js';
import { renderBudget, renderBudgets } from '../rendering/budget.js';
import { dollars } from './arguments.js';
import { addBudgetReport } from './budget-report.js';
import { limitOf, type PeriodOptions, readBudget, subjectOf } from './budget-subject.js';
import { pageOf } from './page-of.js';

export const addBudget: AddVerb = (program, act) => {
  const budget = program.command('budget').description('limits on what may be spent, and what was');
  addSet(budget, act);
  addList(budget, act);
  addShowBudget(budget, act);
  addBudgetReport(budget, act);
  addZone(budget, act);
};

function addSet(budget: Command, act: Act): void {
  budget
    .command('set')
    .description('set a limit; what waits for money goes on when its limits allow it')
    .argument('<id>', 'workspace, or an agent, OKR run, task or subtask; or a budget')
    .argument('<dollars>', 'the new limit, or none', (text: string) => (text === 'none' ? null : dollars(text)))
    .option('--total', 'for all time; so it is when nothing else is said')
    .option('--daily', 'for each day')
    .option('--weekly', 'for each week, from Monday')
    .option('--monthly', 'for each month')
    .action(
      act(async (context, ...[id, limitMicros, options]: [string, MicroUsd | null, PeriodOptions]) => {
        const input = { ...(await limitOf(context.api, id, options)), limitMicros };
        const { budget: set } = (await (await context.api()).ask(setBudgetMutation, { input })).setBudget;
        const spentMicros = set.limits.find(({ period }) => period === input.period)?.spentMicros ?? 0;
        const short = limitMicros !== null && limitMicros < spentMicros;
        const note = short ? `\nThat is less than the ${formatUsd(spentMicros)} spent: nothing more will be.` : '';
        return { text: `${renderBudget(set, pageOf(context))}${note}`, json: { budget: set } };
      }),
    );
}

function addList(budget: Command, act: Act): void {
  budget
    .command('list')
    .description('list the limits')
    .option('--all', 'also what has no limit')
    .action(
      act(async (context, { all = false }: { all?: boolean }) => {
        const api = await context.api();
        const filter = all ? null : { limited: true };
        const budgets = await collectPages(async (page) => (await api.ask(budgetsQuery, { ...page, filter })).budgets);
        return { text: renderBudgets(budgets, pageOf(context)), json: { budgets } };
      }),
    );
}

function addShowBudget(budget: Command, act: Act): void {
  budget
    .command('show')
    .description('show each limit of a budget, what is spent of it, and when it begins anew')
    .argument('[id]', 'workspace, or an agent, OKR run, task or subtask; or a budget', 'workspace')
    .action(
      act(async (context, id: string) => {
        const api = await context.api();
        const shown = idPrefix(id) === IdPrefix.budget ? await readBudget(api, id) : await findBudget(api, id);
        return { text: renderBudget(shown, pageOf(context)), json: { budget: shown } };
      }),
    );
}

async function findBudget(api: Api, id: string): Promise<Budget> {
  const { scope, subjectId } = subjectOf(id);
  const { nodes } = (await api.ask(budgetsQuery, { first: 1, after: null, filter: { scope, subjectId } })).budgets;
  if (nodes[0]) return nodes[0];
  throw new DomainError('not_found', `Nothing was spent for ${id} yet, and it has no limit.`, { id });
}

function addZone(budget: Command, act: Act): void {
  budget
    .command('zone')
    .description('say, or set, the time zone in which days, weeks and months begin')
    .argument('[zone]', 'an IANA name, for example Europe/Berlin')
    .action(
      act(async (context, zone: string | undefined) => {
        const api = await context.api();
        const timeZone =
          zone === undefined
            ? (await api.ask(timeZoneQuery, {})).me.workspace.timeZone
            : (await api.ask(setTimeZoneMutation, { input: { timeZone: zone } })).setTimeZone.timeZone;
        return { text: timeZone, json: { timeZone } };
      }),
    );
}
