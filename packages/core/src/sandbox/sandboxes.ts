import { mkdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import {
  Containment,
  DomainError,
  isDomainError,
  type SandboxLimits,
  type SandboxProfile,
  type SandboxPurpose,
} from '@fermata/contracts';
import type { Git } from '../git/index.js';
import { runProcess } from '../processes/index.js';
import type { ContainmentReport } from './detect-containment.js';
import { lookAtMachine, type Machine } from './machine.js';
import { createNetworks, type NetworksOptions, type OpenNetwork } from './networks.js';
import { insidePaths, sandboxEnvironment } from './sandbox-environment.js';

/** What a program in a worktree is started with: to be handed on to `runProcess`. */
export interface Place {
  env: Readonly<Record<string, string>>;
  /** Absent where nothing is contained. */
  sandbox?: SandboxProfile;
}

/** Whose programs, and what for. */
export interface SandboxOrder {
  worktreeId: string;
  purpose: SandboxPurpose;
  /** A port of this machine's loopback that it may reach, under the same number. */
  gatewayPort?: number;
  /** Hosts that it may reach besides those that all may. */
  moreHosts?: readonly string[];
  /** Further folders that are shown, such as the one of the agent's own program. */
  readable?: readonly string[];
  /** The worktree may be looked at only. */
  readOnly?: boolean;
  /** Of the hosts that its purpose could reach, it reaches those that fit one of these patterns of its policy. Absent: all. */
  hosts?: readonly string[];
}

/** Contains what agents cause to run, or says that nothing does. One for each worker. */
export interface Sandboxes {
  readonly containment: Containment;
  /** Where programs of our own run. */
  readonly outside: Place;
  /**
   * Gives `work` the place in which programs of a worktree run. Git works inside on a repository that stands where ours
   * does, and what was done to it there is ours afterwards.
   */
  within<Result>(order: SandboxOrder, work: (place: Place) => Promise<Result>): Promise<Result>;
  /** Nothing runs in them any more. */
  close(): Promise<void>;
}

export interface SandboxesOptions {
  report: ContainmentReport;
  git: Git;
  /** Where worktrees lie; nothing else of it is shown. */
  dataDir: string;
  /** Scrubbed. */
  environment: Readonly<Record<string, string>>;
  /** Further folders of which nothing is shown. */
  secret: readonly string[];
  /** Further folders that are shown. */
  readable: readonly string[];
  /** Further folders that are shown and may be changed, by the programs of every worktree. */
  writable: readonly string[];
  limits: SandboxLimits;
  network: NetworksOptions;
}

/** Programs run as this user, with the scrubbed environment and nothing else between them and the machine. */
export function withoutSandboxes(environment: Readonly<Record<string, string>>): Sandboxes {
  const outside = { env: environment };
  return {
    containment: Containment.none,
    outside,
    within: (_order, work) => work(outside),
    close: async () => undefined,
  };
}

export async function createSandboxes(options: SandboxesOptions): Promise<Sandboxes> {
  const { report, environment, git } = options;
  const { bubblewrap } = report.programs;
  if (bubblewrap === null) return withoutSandboxes(environment);
  const machine = await lookAtMachine(options, bubblewrap);
  const networks = createNetworks(options.network);
  return {
    containment: Containment.bubblewrap,
    outside: { env: environment },
    close: () => networks.close(),
    async within(order, work) {
      const { worktreeId, purpose, gatewayPort, hosts, moreHosts } = order;
      const path = git.worktreePath(worktreeId);
      await assertThere(path);
      const network = await networks.open(purpose, { gatewayPort, hosts, moreHosts });
      const place = await placeOf(options, { machine, network }, order);
      const run = scriptRunner(place, path);
      await git.showView(worktreeId, run);
      try {
        return await work(place);
      } finally {
        await git.takeView(worktreeId, run).catch(onlyOurErrors);
      }
    },
  };
}

async function assertThere(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw new DomainError('unavailable', `the worktree ${path} is gone: it must be made again from its last checkpoint`);
}

/** What the command did is done, and its files are there: commits that cannot be taken now are taken the next time. */
function onlyOurErrors(error: unknown): void {
  if (!isDomainError(error)) throw error;
}

interface Surroundings {
  machine: Machine;
  network: OpenNetwork;
}

async function placeOf(
  { git, dataDir, environment, writable: shared }: SandboxesOptions,
  { machine, network }: Surroundings,
  { worktreeId, readable = [], readOnly = false }: SandboxOrder,
): Promise<Required<Place>> {
  const path = git.worktreePath(worktreeId);
  const folder = git.sandboxFolder(worktreeId);
  const [home, temporary] = [join(folder, 'home'), join(folder, 'tmp')];
  for (const own of [home, temporary]) await mkdir(own, { recursive: true });
  const view = await git.containedView(worktreeId);
  // Nothing may be mounted in a folder that the agent can change and that lasts.
  const others = [path, dataDir, ...shared, ...machine.profile.readable.map(({ target }) => target)];
  const keepsTemporary = !others.some((other) => isWithin(other, insidePaths.temporary));
  const writable = [
    { source: path, target: path },
    { source: home, target: insidePaths.home },
    ...(keepsTemporary ? [{ source: temporary, target: insidePaths.temporary }] : []),
    ...view.writable,
    ...shared.map((folder) => ({ source: folder, target: folder })),
  ];
  const sandbox: SandboxProfile = {
    ...machine.profile,
    readable: [
      ...machine.profile.readable,
      ...view.readable,
      ...network.readable,
      ...readable.map((folder) => ({ source: folder, target: folder })),
    ],
    frozen: readOnly ? [path] : [],
    writable,
    guarded: view.guarded,
    scratch: keepsTemporary ? [] : [insidePaths.temporary],
    network: network.network,
  };
  return {
    env: sandboxEnvironment(environment, { extra: { ...machine.env, ...network.env }, writable: shared }),
    sandbox,
  };
}

const scriptTimeoutMs = 120_000;

function scriptRunner({ env, sandbox: profile }: Required<Place>, cwd: string) {
  const sandbox = { ...profile, network: 'none' as const, frozen: [] };
  return async (script: string) => {
    // A home that is not there: nothing that an agent has put into its own has a say.
    const ownEnv = { PATH: env['PATH'] ?? '', HOME: '/nonexistent' };
    const result = await runProcess({
      command: script,
      shell: true,
      cwd,
      env: ownEnv,
      sandbox,
      timeoutMs: scriptTimeoutMs,
    });
    if (result.timedOut) throw new DomainError('timeout', 'git did not end in time in the sandbox');
    return result;
  };
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);
