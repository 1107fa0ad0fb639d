import { TaskState } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import { collectPages } from '../graphql/collect-pages.js';
import { tasksQuery } from '../graphql/task.js';
import { renderTaskTable } from '../rendering/task-lines.js';
import { oneOf, positiveNumber } from './arguments.js';
import { pageOf } from './page-of.js';
import { showNode } from './show.js';

interface ListOptions {
  run?: string;
  state?: TaskState;
  limit: number;
}

export const addTask: AddVerb = (program, act) => {
  const task = program.command('task').description('the tasks of OKR runs');

  task
    .command('list')
    .description('list tasks, newest first')
    .option('--run <id>', 'only those of this OKR run')
    .option('--state <state>', 'only those in this state', oneOf(Object.values(TaskState)))
    .option('--limit <n>', 'at most this many', positiveNumber, 20)
    .action(
      act(async (context, { run, state, limit }: ListOptions) => {
        const api = await context.api();
        const filter = { okrRunId: run ?? null, state: state === undefined ? null : [state] };
        const tasks = await collectPages(async (page) => (await api.ask(tasksQuery, { ...page, filter })).tasks, limit);
        return { text: renderTaskTable(tasks, pageOf(context)), json: { tasks } };
      }),
    );

  task
    .command('show')
    .description('show a task whole')
    .argument('<id>')
    .action(act(async (context, id: string) => showNode(await context.api(), id, pageOf(context))));
};
