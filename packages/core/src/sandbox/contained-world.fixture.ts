import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError, type SandboxLimits } from '@fermata/contracts';
import { createTaskWorld, type TaskWorld } from '../git/task-world.fixture.js';
import { type ProcessOptions, type ProcessResult, runProcess, scrubbedEnvironment } from '../processes/index.js';
import { type ContainmentReport, detectContainment } from './detect-containment.js';
import type { NetworksOptions } from './networks.js';
import { createSandboxes, type Sandboxes } from './sandboxes.js';

export const smallLimits: SandboxLimits = {
  ...{ memoryBytes: 400 * 1024 * 1024, processes: 200 },
  ...{ cpuSeconds: 600, fileBytes: 64 * 1024 * 1024 },
};

export interface ContainedWorld extends TaskWorld {
  sandboxes: Sandboxes;
  /** The user's home on the machine, with a secret in it. */
  home: string;
  /** What the secrets contain. Made anew, so that it stands nowhere else: this text may lie about compiled. */
  secret: string;
  /** Runs a command line in the task's worktree as a tool does. */
  sh: (command: string, more?: Partial<ProcessOptions>) => Promise<ProcessResult>;
}

let report: Promise<ContainmentReport> | undefined;

/** What this machine can do. Tests of the sandbox are worth nothing without one, so they fail where there is none. */
export async function thisMachine(): Promise<ContainmentReport> {
  report ??= detectContainment(process.env);
  const found = await report;
  if (found.reason !== null) throw new DomainError('unavailable', `no sandbox here: ${found.reason}`);
  return found;
}

/** A task's worktree and programs contained in it, beside things that must stay out of reach. */
export async function createContainedWorld(
  options: {
    limits?: Partial<SandboxLimits>;
    report?: ContainmentReport;
    network?: Partial<NetworksOptions>;
    writable?: readonly string[];
  } = {},
): Promise<ContainedWorld> {
  const world = await createTaskWorld();
  const home = join(world.root, 'home');
  mkdirSync(join(home, '.ssh'));
  const secret = randomUUID();
  writeFileSync(join(home, '.ssh', 'id_ed25519'), `${secret}-key\n`);
  writeFileSync(join(world.dataDir, 'postgres-password'), `${secret}-password\n`);
  const sandboxes = await createSandboxes({
    report: options.report ?? (await thisMachine()),
    git: world.git_,
    dataDir: world.dataDir,
    environment: scrubbedEnvironment({ ...world.env, FERMATA_HOST: 'test' }, { FERMATA_HOST: 'test' }),
    secret: [],
    readable: [],
    writable: options.writable ?? [],
    limits: { ...smallLimits, ...options.limits },
    network: { hosts: { work: [], setup: [] }, ...options.network },
  });
  const sh: ContainedWorld['sh'] = (command, more = {}) =>
    sandboxes.within({ worktreeId: 'task_1', purpose: 'work' }, (place) =>
      runProcess({ command, shell: true, cwd: world.work.path, timeoutMs: 30_000, ...place, ...more }),
    );
  return { ...world, sandboxes, home, secret, sh };
}
