import { type AgentLaunch, DomainError, presetFacts } from '@fermata/contracts';
import { presets } from './presets.js';

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
}

/** How the program of an agent is started for one stretch of work. */
export function agentProgram(launch: AgentLaunch, surroundings: ProgramSurroundings): AgentProgram {
  if ('preset' in launch) {
    return { command: commandOf(launch), ...presets[launch.preset](surroundings) };
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
  };
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
  if ('preset' in launch) return `Install it: fermata agent install ${launch.preset}`;
  return `Install ${launch.command}, or give its absolute path.`;
}
