import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the command is told by its environment. */
export interface CliConfig {
  /** The data directory. */
  home: string;
  /** Where programs of agents are installed. */
  agentsDir: string;
  url: string | undefined;
  token: string | undefined;
  /** The user did not ask for output without colours. */
  colours: boolean;
  /** The terminal can redraw lines, and nobody says that this is an automatic build. */
  lively: boolean;
  editor: string;
  environment: Environment;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process. */
export function environmentOfProcess(): Environment {
  return process.env;
}

/** An empty variable counts as one that nobody set. */
export function readConfig(environment: Environment): CliConfig {
  const given = (name: string) => environment[name] || undefined;
  const home = given('FERMATA_HOME') ?? join(given('HOME') ?? homedir(), '.fermata');
  return {
    home,
    agentsDir: given('FERMATA_AGENTS_DIR') ?? join(home, 'agents'),
    url: given('FERMATA_URL'),
    token: given('FERMATA_TOKEN'),
    // https://no-color.org: present and not empty, whatever its value.
    colours: given('NO_COLOR') === undefined && given('TERM') !== 'dumb',
    lively: given('TERM') !== 'dumb' && given('CI') === undefined,
    editor: given('VISUAL') ?? given('EDITOR') ?? 'vi',
    environment,
  };
}
