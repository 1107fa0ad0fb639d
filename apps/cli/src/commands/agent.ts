import {
  AgentLogin,
  AgentPreset,
  AgentRuntime,
  DomainError,
  type Json,
  presetFacts,
  Reasoning,
  runnableRuntimes,
  triedPresets,
} from '@fermata/contracts';
import { installAgent } from '@fermata/stack';
import type { AddVerb } from '../act.js';
import { calledAs } from '../called-as.js';
import type { Context } from '../context.js';
import { detectPrograms } from '../examining/programs.js';
import { agentsQuery, saveAgentMutation } from '../graphql/agent.js';
import { collectPages } from '../graphql/collect-pages.js';
import { readMcpServers } from '../read-mcp-servers.js';
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
  maxWorkMinutes?: number;
  maxOutputTokens?: number;
  policy?: string;
  modelPolicy?: string;
  reasoning?: Reasoning;
  preset?: AgentPreset;
  login?: AgentLogin;
  launch?: string;
  mcp?: string;
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
    .option('--mcp <file>', 'a JSON file with its MCP servers, in place of those it has; - reads standard input')
    .option('--model-policy <file>', 'a JSON file with its model policy: which model its runs ask; {} for none')
    .option('--reasoning <how much>', 'how much its models think before they answer', oneOf(Object.values(Reasoning)))
    .option('--max-steps <n>', 'model calls and tool calls of one run', positiveNumber)
    .option('--max-work-minutes <n>', 'of one run, waits not counted; then a person is asked', positiveNumber)
    .option('--max-output-tokens <n>', 'of one model call', positiveNumber)
    .action(
      act(async (context, name: string, options: SaveOptions) => {
        const input = await saveInput(context, name, options);
        const { agent: saved } = (await (await context.api()).ask(saveAgentMutation, { input })).saveAgent;
        return { text: renderAgent(saved, pageOf(context)), json: { agent: saved } };
      }),
    );
};

/** Options that name a JSON file: the field that its content becomes, and how. */
const jsonFiles = {
  policy: { field: 'policy', read: (json: Json): Json => json },
  modelPolicy: { field: 'modelPolicy', read: (json: Json): Json => json },
  mcp: { field: 'mcpServers', read: readMcpServers },
} as const;

async function saveInput(context: Context, name: string, options: SaveOptions) {
  const { instructions, maxWorkMinutes } = options;
  const launched = await launchOf(context, options);
  const read: [string, Json][] = [];
  for (const [option, { field, read: shape }] of Object.entries(jsonFiles)) {
    const file = options[option as keyof typeof jsonFiles];
    if (file !== undefined) read.push([field, shape(parseJson(file, await readText(context, file)))]);
  }
  return {
    ...{ name, ...plainOptions(options), ...launched },
    ...(instructions !== undefined && { instructions: await readText(context, instructions) }),
    ...(maxWorkMinutes !== undefined && { maxWorkMs: maxWorkMinutes * 60_000 }),
    ...Object.fromEntries(read),
  };
}

/** Those that are sent as they are. */
function plainOptions({ model, reasoning, runtime, maxSteps, maxOutputTokens }: SaveOptions) {
  return {
    ...(model !== undefined && { model }),
    ...(reasoning !== undefined && { reasoning }),
    ...(runtime !== undefined && { runtime }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  };
}

/** Which program the agent is, and the runtime that goes with it. */
async function launchOf(context: Context, { preset, login, launch, runtime = AgentRuntime.acp }: SaveOptions) {
  assertOneProgram({ preset, login, launch });
  if (preset !== undefined) return { runtime: AgentRuntime.acp, launch: { preset, ...(login && { login }) } };
  return launch === undefined ? {} : { runtime, launch: parseJson(launch, await readText(context, launch)) };
}

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
