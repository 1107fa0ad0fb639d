import { type AgentLaunch, DomainError, presetFacts, usesOwnLogin } from '@fermata/contracts';
import { ownLoginPresets } from './own-login-presets.js';
import { presets, type StartedAs } from './presets.js';

/** What a program needs to be told to ask models through the gateway. */
export interface ProgramSurroundings {
  /** The gateway's base URL, without a version. */
  gatewayUrl: string;
  token: string;
  model: string;
  /** The home that it is given, as it sees it: its own for the run, and empty at first. */
  home: string;
}

/** How an agent is started. */
export interface AgentProgram {
  command: string;
  args: readonly string[];
  /** Besides the scrubbed environment and `HOME`. */
  env: Readonly<Record<string, string>>;
  /** Its configuration: texts by their paths below its home. */
  files: Readonly<Record<string, string>>;
  /** The mode in which it asks before it acts; null when it starts in that one. */
  askingMode: string | null;
  /** It may read and write files through us. What it does by itself happens in the sandbox all the same. */
  usesOurFiles: boolean;
  /** It has its commands run by us, where that is offered. */
  usesTerminals: boolean;
  /** Our own tools are in its configuration, and a session does not name them again. */
  hasOurTools: boolean;
}

/** How the program of an agent is started for one stretch of work. */
export function agentProgram(launch: AgentLaunch, surroundings: ProgramSurroundings): AgentProgram {
  if ('preset' in launch) {
    const { command, args, usesTerminals } = presetFacts[launch.preset];
    const { args: more = [], ...started } = startedAs(launch, surroundings);
    return { command, args: [...args, ...more], usesTerminals, hasOurTools: false, ...started };
  }
  const { command, args, env } = launch;
  const filled = Object.entries(env).map(([name, value]) => [name, fill(value, surroundings)]);
  return {
    command,
    args,
    env: Object.fromEntries(filled) as Record<string, string>,
    files: {},
    askingMode: null,
    usesOurFiles: true,
    usesTerminals: true,
    hasOurTools: false,
  };
}

type PresetLaunch = Extract<AgentLaunch, { preset: unknown }>;

function startedAs(launch: PresetLaunch, surroundings: ProgramSurroundings): StartedAs {
  if (usesOwnLogin(launch)) return ownLoginPresets[launch.preset](surroundings.home);
  const atGateway = presets[launch.preset];
  if (atGateway) return atGateway(surroundings);
  const { title } = presetFacts[launch.preset];
  throw new DomainError(
    'invalid_input',
    `${title} asks models with a login of its own only: save it with the login own.`,
  );
}

/** The program that is to be found. */
export function commandOf(launch: AgentLaunch): string {
  return 'preset' in launch ? presetFacts[launch.preset].command : launch.command;
}

function fill(text: string, { gatewayUrl, token, model }: ProgramSurroundings): string {
  const values: Readonly<Record<string, string>> = { gateway: gatewayUrl, token, model };
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    const known = Object.keys(values)
      .map((one) => `{{${one}}}`)
      .join(', ');
    throw new DomainError(
      'invalid_input',
      `${whole} in the environment of the agent is not known. There are ${known}.`,
    );
  });
}

/** In a sentence: the program, and how it is had. */
export function howToInstall(launch: AgentLaunch): string {
  if (!('preset' in launch)) return `Install ${launch.command}, or give its absolute path.`;
  const { title, packages, website } = presetFacts[launch.preset];
  if (Object.keys(packages).length > 0) return `Install it: fermata agent install ${launch.preset}`;
  return `Install ${title} as its makers say (${website}), and put ${commandOf(launch)} on PATH.`;
}

/** In a sentence: what to do when the program asks for a login. */
export function howToLogIn(launch: AgentLaunch): string {
  if (!('preset' in launch))
    return `Give ${launch.command} what it needs in its environment: {{token}} is its key at the gateway.`;
  const { title, login } = presetFacts[launch.preset];
  if (usesOwnLogin(launch)) return `Log in with \`${login.command}\`, as the user that the worker runs as.`;
  return `${title} did not take the token of the gateway. Install the version that was tried, or let it use its own login (\`${login.command}\`, and the login own).`;
}

/** What people call the program. */
export const titleOf = (launch: AgentLaunch): string =>
  'preset' in launch ? presetFacts[launch.preset].title : launch.command;
