import { access, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AgentPreset, presetFacts } from '@fermata/contracts';
import { type AgentCapabilities, askCapabilities, isAgentInstalled } from '@fermata/stack';
import type { CliConfig } from '../config.js';

/** What is here of a program that an agent can be. */
export interface DetectedProgram {
  preset: AgentPreset;
  title: string;
  /** `installed`: by `fermata agent install`; `on_path`: by somebody else; `missing`. */
  state: 'installed' | 'on_path' | 'missing';
  /** Null when it is not told by the package around it. */
  version: string | null;
  /** The version that was tried is later. */
  isOld: boolean;
  path: string | null;
  /** It has a login of its own. Agents of ours use it only where they are told to. */
  hasLogin: boolean;
  /** It can ask models at the gateway, and needs no login then. */
  usesGateway: boolean;
  /** It has its commands run by us. */
  usesTerminals: boolean;
  /** What it says of itself; null when it is not here, or did not say. */
  can: AgentCapabilities | null;
}

/** A program that has not said by then what it can do has not said it. */
const askedForMs = 10_000;

/** Looks for the programs that we know: in the folder where we install them, then on PATH. Those that are here are asked. */
export function detectPrograms(config: CliConfig): Promise<DetectedProgram[]> {
  return Promise.all(Object.values(AgentPreset).map((preset) => detectProgram(preset, config)));
}

async function detectProgram(preset: AgentPreset, { agentsDir, environment }: CliConfig): Promise<DetectedProgram> {
  const { title, command, args, login, packages, usesGateway, usesTerminals } = presetFacts[preset];
  const [home, searched] = [environment['HOME'] ?? '/', environment['PATH'] ?? ''];
  const hasLogin = (await Promise.all(login.paths.map((path) => isThere(join(home, path))))).includes(true);
  const ours = join(agentsDir, preset, 'node_modules', '.bin', command);
  const isOurs = Object.keys(packages).length > 0 && (await isAgentInstalled({ preset, agentsDir }));
  const path = isOurs ? ours : await onPath(command, searched);
  const known = { preset, title, path, hasLogin, usesGateway, usesTerminals };
  if (path === null) return { ...known, state: 'missing', version: null, isOld: false, can: null };
  const [tried = null] = Object.values(packages);
  const version = await versionAround(path);
  const can = await askCapabilities({ command: path, args, env: { PATH: searched }, timeoutMs: askedForMs });
  const isOld = version !== null && tried !== null && isBefore(version, tried);
  return { ...known, state: isOurs ? 'installed' : 'on_path', version, isOld, can };
}

/** Of versions as npm has them, by their three numbers. */
function isBefore(version: string, tried: string): boolean {
  const [mine, theirs] = [version, tried].map((one) => one.split('-')[0]?.split('.').map(Number) ?? []);
  const differing = [0, 1, 2].find((place) => mine?.[place] !== theirs?.[place]);
  return differing !== undefined && (mine?.[differing] ?? 0) < (theirs?.[differing] ?? 0);
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
