import { access, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AgentPreset, presetFacts } from '@fermata/contracts';
import { isAgentInstalled } from '@fermata/stack';
import type { CliConfig } from '../config.js';

/** What is here of a program that an agent can be. */
export interface DetectedProgram {
  preset: AgentPreset;
  title: string;
  /** `installed`: by `fermata agent install`; `on_path`: by somebody else; `missing`. */
  state: 'installed' | 'on_path' | 'missing';
  /** Null when it is not told by the package around it. */
  version: string | null;
  path: string | null;
  /** It has a login of its own. The gateway needs none, and agents of ours do not use it. */
  hasLogin: boolean;
}

/** Looks for the programs that we know: in the folder where we install them, then on PATH. */
export function detectPrograms(config: CliConfig): Promise<DetectedProgram[]> {
  return Promise.all(Object.values(AgentPreset).map((preset) => detectProgram(preset, config)));
}

async function detectProgram(preset: AgentPreset, { agentsDir, environment }: CliConfig): Promise<DetectedProgram> {
  const { title, command, loginFiles } = presetFacts[preset];
  const home = environment['HOME'] ?? '/';
  const hasLogin = (await Promise.all(loginFiles.map((file) => isThere(join(home, file))))).includes(true);
  const ours = join(agentsDir, preset, 'node_modules', '.bin', command);
  const isOurs = await isAgentInstalled({ preset, agentsDir });
  const path = isOurs ? ours : await onPath(command, environment['PATH'] ?? '');
  if (path === null) return { preset, title, state: 'missing', version: null, path: null, hasLogin };
  return { preset, title, state: isOurs ? 'installed' : 'on_path', version: await versionAround(path), path, hasLogin };
}

async function onPath(command: string, path: string): Promise<string | null> {
  for (const folder of path.split(':')) {
    const candidate = join(folder, command);
    if (folder.startsWith('/') && (await isThere(candidate))) return candidate;
  }
  return null;
}

/** Of the package that a program lies in. */
async function versionAround(path: string): Promise<string | null> {
  let folder = dirname(await realpath(path).catch(() => path));
  for (; folder !== '/'; folder = dirname(folder)) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => null);
    if (text === null) continue;
    const { version } = JSON.parse(text) as { version?: unknown };
    if (typeof version === 'string') return version;
  }
  return null;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
