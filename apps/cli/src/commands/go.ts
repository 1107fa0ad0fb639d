import { randomUUID } from 'node:crypto';
import { DomainError, type MicroUsd } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import { readAll } from '../asking.js';
import type { Context } from '../context.js';
import type { Api } from '../graphql/api.js';
import { findRepository } from '../graphql/find-repository.js';
import { submitGoalMutation } from '../graphql/submit-goal.js';
import { dollars, positiveNumber } from './arguments.js';
import { watchToTheEnd } from './watch-to-the-end.js';
import { calledAs } from '../called-as.js';

interface GoOptions {
  repo?: string;
  budget?: MicroUsd;
  yes?: boolean;
  watch?: boolean;
  agent?: string;
  parallel?: number;
}

export const addGo: AddVerb = (program, act) => {
  program
    .command('go')
    .description('submit a goal: it is planned, approved, worked on, checked, merged and measured')
    .argument('<goal>', 'what is to be reached, in words; - reads it from standard input')
    .option('--repo <repository>', 'id, name or path; the one that holds this directory when left out')
    .option('--budget <dollars>', 'the most the run may spend', dollars)
    .option('--yes', 'approve the plan in advance')
    .option('--watch', 'follow the run until it ends, and exit by its outcome')
    .option('--agent <name>', 'who plans and works')
    .option('--parallel <n>', 'tasks worked on at once, at most 20', positiveNumber)
    .action(
      act(async (context, text: string, options: GoOptions) => {
        const goal = text === '-' ? await readAll(context) : text;
        if (goal.trim() === '')
          throw new DomainError('invalid_input', 'The goal is empty. Say in words what is to be reached.');
        const api = await context.api();
        const { okrRun, warnings } = await submit(context, api, { goal, options });
        for (const { message } of warnings)
          context.warn(`${message} Give it more: ${calledAs} budget set ${okrRun.id} AMOUNT`);
        if (options.watch !== true) return { text: renderSubmitted(okrRun.id, options), json: { okrRun, warnings } };
        context.say(`run ${okrRun.id}`);
        const { json, ...watched } = await watchToTheEnd(context, api, okrRun.id);
        return { ...watched, json: { ...json, warnings } };
      }),
    );
};

async function submit(context: Context, api: Api, { goal, options }: { goal: string; options: GoOptions }) {
  const repository = await findRepository(api, options.repo, context.cwd);
  const input = {
    repositoryId: repository.id,
    goal,
    approval: options.yes === true ? ('AUTO' as const) : ('REQUIRED' as const),
    agent: options.agent ?? null,
    budgetMicros: options.budget ?? null,
    maxParallelTasks: options.parallel ?? null,
    // The same however often this order is sent: a connection that breaks makes no second run.
    clientRequestId: randomUUID(),
  };
  return (await api.ask(submitGoalMutation, { input })).submitGoal;
}

function renderSubmitted(id: string, { yes }: GoOptions): string {
  return [
    id,
    `watch:   ${calledAs} okr show ${id} --watch`,
    `look:    ${calledAs} show ${id}`,
    yes === true ? '' : `approve: ${calledAs} approve ${id}   (once the plan is drafted)`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}
