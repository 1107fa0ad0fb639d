import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { SandboxLimits, SandboxProfile } from '@fermata/contracts';
import type { ContainmentReport } from './detect-containment.js';
import { ownUser } from './own-user.js';
import { packageCaches } from './package-caches.js';
import { writeSystemFiles } from './system-files.js';
import { systemPlaces } from './system-places.js';
import { toolchains } from './toolchains.js';

/** What is the same in every sandbox of a worker. */
export interface Machine {
  profile: Omit<SandboxProfile, 'writable' | 'guarded' | 'scratch' | 'network'>;
  /** What tools must be told to find what is shown. */
  env: Record<string, string>;
}

export interface MachineOptions {
  report: ContainmentReport;
  dataDir: string;
  /** Scrubbed. */
  environment: Readonly<Record<string, string>>;
  secret: readonly string[];
  readable: readonly string[];
  limits: SandboxLimits;
}

/** Looks once at what of the machine is shown: its system, the toolchains and the caches of packages. */
export async function lookAtMachine(options: MachineOptions, program: string): Promise<Machine> {
  const { environment: env, dataDir, secret, report, limits } = options;
  const { readable, links } = await systemPlaces();
  const home = env['HOME'] ?? '/';
  const ours = await withRealPaths([dataDir, ...secret]);
  const tools = await toolchains({ env, home, secret: ours, extra: options.readable });
  const caches = await packageCaches(env);
  const system = [...readable, ...links].map(({ target }) => target);
  const isOfSystem = (path: string): boolean => system.some((folder) => isWithin(path, folder));
  const hidden = [...ours, home].filter(isOfSystem);
  const isShown = (path: string): boolean => isOfSystem(path) && !hidden.some((folder) => isWithin(path, folder));
  const others = [...tools.folders, ...caches.readable].filter((path) => !isShown(path));
  const [configuration, folders] = [others.filter(isConfiguration), others.filter((path) => !isConfiguration(path))];
  const files = await writeSystemFiles(join(dataDir, 'sandboxes', '.system'), configuration);
  return {
    profile: {
      ...{ program, limits, links, limiter: report.programs.prlimit, controlGroups: report.controlGroups },
      ...{ user: ownUser().inside, devices: files.devices, callFilter: files.callFilter, hidden },
      readable: [...readable, ...files.readable, ...folders.map((path) => ({ source: path, target: path }))],
    },
    env: { ...tools.env, ...caches.env },
  };
}

/** Both names of each folder, where a link leads to it. */
async function withRealPaths(paths: readonly string[]): Promise<string[]> {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  return [...new Set([...paths, ...real])];
}

const isConfiguration = (path: string): boolean => path.startsWith('/etc/');
const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);
