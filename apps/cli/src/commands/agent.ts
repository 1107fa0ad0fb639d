import { type AgentRuntime, DomainError, type Json, runnableRuntimes } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import { agentsQuery, saveAgentMutation } from '../graphql/agent.js';
import { collectPages } from '../graphql/collect-pages.js';
import { readText } from '../read-text.js';
import { renderAgent, renderAgents } from '../rendering/agent.js';
import { oneOf, positiveNumber } from './arguments.js';
import { pageOf } from './page-of.js';

interface SaveOptions {
  model?: string;
  runtime?: AgentRuntime;
  instructions?: string;
  maxSteps?: number;
  maxOutputTokens?: number;
  policy?: string;
}

export const addAgent: AddVerb = (program, act) => {
  const agent = program.command('agent').description('agents: named roles that work on tasks');

  agent
    .command('list')
    .description('list the agents')
    .action(
      act(async (context) => {
        const api = await context.api();
        const agents = await collectPages(async (page) => (await api.ask(agentsQuery, page)).agents);
        return { text: renderAgents(agents, pageOf(context)), json: { agents } };
      }),
    );

  agent
    .command('save')
    .description('make an agent or change it; what is left out stays as it is')
    .argument('<name>')
    .option('--model <name>', 'needed for a new agent')
    .option('--runtime <runtime>', 'how it thinks', oneOf(runnableRuntimes))
    .option('--instructions <file>', 'a file with its instructions; - reads standard input')
    .option('--policy <file>', 'a JSON file with its policy: { mode, rules, hosts }; - reads standard input')
    .option('--max-steps <n>', 'model calls and tool calls of one run', positiveNumber)
    .option('--max-output-tokens <n>', 'of one model call', positiveNumber)
    .action(
      act(async (context, name: string, { instructions, policy, ...rest }: SaveOptions) => {
        const text = instructions === undefined ? undefined : await readText(context, instructions);
        const rules = policy === undefined ? undefined : parseJson(policy, await readText(context, policy));
        const input = {
          ...{ name, ...rest },
          ...(text !== undefined && { instructions: text }),
          ...(rules !== undefined && { policy: rules }),
        };
        const { agent: saved } = (await (await context.api()).ask(saveAgentMutation, { input })).saveAgent;
        return { text: renderAgent(saved, pageOf(context)), json: { agent: saved } };
      }),
    );
};

/** @throws DomainError `invalid_input`, naming the file */
function parseJson(file: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DomainError('invalid_input', `${file} is no JSON: ${why}`, { file }, { cause: error });
  }
}
