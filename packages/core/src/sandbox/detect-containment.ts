import { access, constants, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { lastWords } from '@fermata/contracts/redaction';
import {
  Containment,
  type ControlGroupBase,
  isDomainError,
  objectionToBubblewrap,
  type SandboxLimits,
  type SandboxProfile,
} from '@fermata/contracts';
import { type ProcessOptions, type ProcessResult, runProcess } from '../processes/index.js';
import { findControlGroups } from './control-groups.js';
import { ownUser } from './own-user.js';
import { writeCallFilter } from './system-files.js';
import { systemPlaces } from './system-places.js';

/** Who sees to a limit: the kernel; our own process, which looks now and then and ends everything over it; or nobody. */
export type Enforcement = 'kernel' | 'watched' | 'none';

/** What this machine can do to contain what agents run. Found out once, by doing it. */
export interface ContainmentReport {
  containment: Containment;
  /** Why there is none, and the way out, as a sentence; null when there is one. */
  reason: string | null;
  /** Absolute paths, where they are there. */
  programs: { bubblewrap: string | null; prlimit: string | null };
  /** Where the kernel can limit what a sandbox uses altogether. */
  controlGroups: readonly ControlGroupBase[];
  enforced: Readonly<Record<keyof SandboxLimits, Enforcement>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const install = 'install it (apt-get install bubblewrap)';
const probeTimeoutMs = 20_000;

/** Really runs a program in a sandbox, with everything that is used later. Never throws because of what it finds. */
export async function detectContainment(
  env: Environment,
  platform: string = process.platform,
): Promise<ContainmentReport> {
  if (platform !== 'linux') return notContained('agents are contained on Linux only');
  const bubblewrap = await findProgram('bwrap', env);
  if (bubblewrap === null) return notContained(`bubblewrap is not on PATH: ${install}`);
  const printed = await run({ command: bubblewrap, args: ['--version'], cwd: '/', env: {} });
  const objection = objectionToBubblewrap(printed.stdout);
  if (objection !== null) return notContained(objection);
  const prlimit = await findProgram('prlimit', env);
  const programs = { bubblewrap, prlimit };
  const refusal = await refusalOf({ ...programs, controlGroups: [] });
  if (refusal !== null) return notContained(refusal);
  const groups = findControlGroups();
  const controlGroups = (await refusalOf({ ...programs, controlGroups: groups })) === null ? groups : [];
  const enforced = enforcedWith(prlimit, controlGroups);
  return { containment: Containment.bubblewrap, reason: null, programs, controlGroups, enforced };
}

/** The same as what was detected, for whoever was told not to use it. */
export function notContained(reason: string): ContainmentReport {
  return {
    containment: Containment.none,
    reason,
    programs: { bubblewrap: null, prlimit: null },
    controlGroups: [],
    enforced: { memoryBytes: 'none', processes: 'none', cpuSeconds: 'none', fileBytes: 'none' },
  };
}

/** Without control groups the kernel counts processes only for users other than root, and memory not at all. */
function enforcedWith(prlimit: string | null, groups: readonly ControlGroupBase[]): ContainmentReport['enforced'] {
  const grouped = groups.flatMap(({ controllers }) => controllers);
  const byLimit = prlimit === null ? 'none' : 'kernel';
  const countsProcesses = grouped.includes('pids') || (prlimit !== null && !ownUser().isRoot);
  return {
    memoryBytes: grouped.includes('memory') ? 'kernel' : 'watched',
    processes: countsProcesses ? 'kernel' : 'watched',
    cpuSeconds: byLimit,
    fileBytes: byLimit,
  };
}

interface Means {
  bubblewrap: string;
  prlimit: string | null;
  controlGroups: readonly ControlGroupBase[];
}

async function refusalOf({ bubblewrap: program, prlimit: limiter, controlGroups }: Means): Promise<string | null> {
  const { readable, links } = await systemPlaces();
  const folder = await mkdtemp(join(tmpdir(), 'fermata-probe-'));
  const sandbox: SandboxProfile = {
    ...{ program, limiter, controlGroups, readable, links, user: ownUser().inside, scratch: ['/tmp'] },
    ...{ writable: [], guarded: [], hidden: [], devices: [], network: 'none' },
    callFilter: await writeCallFilter(folder),
    limits: { memoryBytes: 2 ** 30, processes: 256, cpuSeconds: 60, fileBytes: 2 ** 30 },
  };
  try {
    const env = { PATH: '/usr/bin:/bin' };
    const result = await run({ command: 'true', shell: true, cwd: '/', env, sandbox });
    return result.exitCode === 0 ? null : `bubblewrap does not work here: ${lastWords(result.stderr.trim(), 300)}`;
  } catch (error) {
    const said = isDomainError(error) ? error.message : String(error);
    return `bubblewrap does not work here. ${said}${await hint()}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const run = (options: ProcessOptions): Promise<ProcessResult> => runProcess({ ...options, timeoutMs: probeTimeoutMs });

/** Settings of the kernel that keep users from making namespaces. */
const switches: readonly (readonly [path: string, off: string, way: string])[] = [
  ['/proc/sys/user/max_user_namespaces', '0', 'set the sysctl user.max_user_namespaces above 0'],
  ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'set the sysctl kernel.unprivileged_userns_clone to 1'],
  [
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    '1',
    'give bwrap an AppArmor profile that allows user namespaces, or set the sysctl kernel.apparmor_restrict_unprivileged_userns to 0',
  ],
];

async function hint(): Promise<string> {
  for (const [path, off, way] of switches) {
    const value = await readFile(path, 'utf8').catch(() => '');
    if (value.trim() === off) return `. User namespaces are switched off for it: ${way}`;
  }
  return '';
}

async function findProgram(name: string, { PATH = '' }: Environment): Promise<string | null> {
  for (const folder of PATH.split(':').filter((one) => isAbsolute(one))) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}
