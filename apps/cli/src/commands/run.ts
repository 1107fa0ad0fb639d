import { AgentRunState } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import { agentRunsQuery } from '../graphql/agent-run.js';
import { collectPages } from '../graphql/collect-pages.js';
import { renderAgentRuns } from '../rendering/agent-run.js';
import { oneOf, positiveNumber } from './arguments.js';
import { pageOf } from './page-of.js';
import { showNode } from './show.js';

interface ListOptions {
  run?: string;
  task?: string;
  state?: AgentRunState;
  limit: number;
}

export const addRun: AddVerb = (program, act) => {
  const run = program.command('run').description('agent runs: one attempt by one agent at something');

  run
    .command('list')
    .description('list agent runs, newest first')
    .option('--run <id>', 'only those of this OKR run')
    .option('--task <id>', 'only those of this task')
    .option('--state <state>', 'only those in this state', oneOf(Object.values(AgentRunState)))
    .option('--limit <n>', 'at most this many', positiveNumber, 20)
    .action(
      act(async (context, { run: okrRunId, task, state, limit }: ListOptions) => {
        const api = await context.api();
        const filter = {
          okrRunId: okrRunId ?? null,
          taskId: task ?? null,
          state: state === undefined ? null : [state],
        };
        const agentRuns = await collectPages(
          async (page) => (await api.ask(agentRunsQuery, { ...page, filter })).agentRuns,
          limit,
        );
        return { text: renderAgentRuns(agentRuns, pageOf(context)), json: { agentRuns } };
      }),
    );

  run
    .command('show')
    .description('show an agent run with its steps')
    .argument('<id>')
    .action(act(async (context, id: string) => showNode(await context.api(), id, pageOf(context))));
};
