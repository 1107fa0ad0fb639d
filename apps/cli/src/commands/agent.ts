import {
  AgentLogin,
  AgentPreset,
  AgentRuntime,
  DomainError,
  type Json,
  presetFacts,
  runnableRuntimes,
  triedPresets,
} from '@fermata/contracts';
import { installAgent } from '@fermata/stack';
import type { AddVerb } from '../act.js';
import { calledAs } from '../called-as.js';
import { detectPrograms } from '../examining/programs.js';
import { agentsQuery, saveAgentMutation } from '../graphql/agent.js';
import { collectPages } from '../graphql/collect-pages.js';
import { readText } from '../read-text.js';
import { renderAgent, renderAgents } from '../rendering/agent.js';
import { renderPrograms } from '../rendering/programs.js';
import { oneOf, positiveNumber } from './arguments.js';
import { pageOf } from './page-of.js';

interface SaveOptions {
  model?: string;
  runtime?: AgentRuntime;
  instructions?: string;
  maxSteps?: number;
  maxOutputTokens?: number;
  policy?: string;
  preset?: AgentPreset;
  login?: AgentLogin;
  launch?: string;
}

const presetNames = Object.values(AgentPreset);

export const addAgent: AddVerb = (program, act) => {
  const agent = program.command('agent').description('agents: named roles that work on tasks');
  for (const add of [addList, addSave, addDetect, addInstall]) add(agent, act);
};

const addList: AddVerb = (agent, act) => {
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
};

const addSave: AddVerb = (agent, act) => {
  agent
    .command('save')
    .description('make an agent or change it; what is left out stays as it is')
    .argument('<name>')
    .option('--model <name>', 'needed for a new agent')
    .option(
      '--runtime <runtime>',
      'how it thinks: our own loop (api), or a program (acp, command)',
      oneOf(runnableRuntimes),
    )
    .option(
      '--preset <name>',
      `a program that we know, with the runtime acp: ${presetNames.join(', ')}`,
      oneOf(presetNames),
    )
    .option(
      '--login <login>',
      'with --preset: our gateway, or the login that the program has of its own, where the worker allows that',
      oneOf(Object.values(AgentLogin)),
    )
    .option('--launch <file>', 'any other program: a JSON file with { command, args, env }; - reads standard input')
    .option('--instructions <file>', 'a file with its instructions; - reads standard input')
    .option('--policy <file>', 'a JSON file with its policy: { mode, rules, hosts }; - reads standard input')
    .option('--max-steps <n>', 'model calls and tool calls of one run', positiveNumber)
    .option('--max-output-tokens <n>', 'of one model call', positiveNumber)
    .action(
      act(async (context, name: string, { instructions, policy, preset, login, launch, ...rest }: SaveOptions) => {
        assertOneProgram({ preset, login, launch });
        const text = instructions === undefined ? undefined : await readText(context, instructions);
        const rules = policy === undefined ? undefined : parseJson(policy, await readText(context, policy));
        const input = {
          ...{ name, ...rest },
          ...(text !== undefined && { instructions: text }),
          ...(rules !== undefined && { policy: rules }),
          ...(preset !== undefined && { runtime: AgentRuntime.acp, launch: { preset, ...(login && { login }) } }),
          ...(launch !== undefined && {
            runtime: rest.runtime ?? AgentRuntime.acp,
            launch: parseJson(launch, await readText(context, launch)),
          }),
        };
        const { agent: saved } = (await (await context.api()).ask(saveAgentMutation, { input })).saveAgent;
        return { text: renderAgent(saved, pageOf(context)), json: { agent: saved } };
      }),
    );
};

/** @throws DomainError `invalid_input` */
function assertOneProgram({
  preset,
  login,
  launch,
}: { [Key in 'preset' | 'login' | 'launch']: string | undefined }): void {
  if (preset !== undefined && launch !== undefined)
    throw new DomainError('invalid_input', 'Give --preset or --launch: an agent is one program.');
  if (login === undefined || preset !== undefined) return;
  const message = 'Give --preset with --login: only a program that we know has a login that can be found.';
  throw new DomainError('invalid_input', message);
}

const addDetect: AddVerb = (agent, act) => {
  agent
    .command('detect')
    .description(
      'list the programs that agents can be: whether they are here, which version, what they can do, a login of their own',
    )
    .action(
      act(async (context) => {
        const programs = await detectPrograms(context.config);
        return { text: renderPrograms(programs, pageOf(context)), json: { programs } };
      }),
    );
};

const addInstall: AddVerb = (agent, act) => {
  agent
    .command('install')
    .description('install the program of an agent, from the npm registry, in the version that was tried')
    .argument('<preset>', triedPresets.join(', '), oneOf(triedPresets))
    .action(
      act(async (context, preset: AgentPreset) => {
        const { title, packages } = presetFacts[preset];
        const { agentsDir, environment: env } = context.config;
        const names = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
        if (!context.json) context.say(`Installing ${title} (${names.join(', ')}): this can take a minute or two.`);
        const { folder, isNew } = await installAgent({ preset, agentsDir, env });
        const next = `${calledAs} agent save ${preset} --preset ${preset} --model <name>`;
        const text = `${title} ${isNew ? 'is installed' : 'was installed before'} in ${folder}.\nMake an agent of it: ${next}`;
        return { text, json: { preset, folder, isNew, packages } };
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
