import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlGroupBase, DomainError, type GroupController, type SandboxLimits } from '@fermata/contracts';

/** Names in the two versions of the kernel's interface (Documentation/admin-guide/cgroup-v1 and cgroup-v2). */
interface Files {
  memory: string;
  /** Memory and swap together, or swap alone: without it what is over the limit goes to the disk. */
  swap: string;
  events: string;
}
const files: Readonly<Record<1 | 2, Files>> = {
  1: { memory: 'memory.limit_in_bytes', swap: 'memory.memsw.limit_in_bytes', events: 'memory.oom_control' },
  2: { memory: 'memory.max', swap: 'memory.swap.max', events: 'memory.events' },
};

/** The groups of one sandbox. */
export interface OpenGroups {
  /** What a command line begins with that is to run in them. Empty where there are none. */
  words: readonly string[];
  /** The kernel has ended something in them because it wanted more memory than there is for it. */
  ranOutOfMemory(): boolean;
  /** Everything in them has ended. */
  close(): void;
}

let lastNumber = 0;

/**
 * Makes the groups of a sandbox.
 * @throws DomainError `unavailable` when they can be made no more
 */
export function openGroups(bases: readonly ControlGroupBase[], limits: SandboxLimits): OpenGroups {
  const name = `${process.pid}-${++lastNumber}`;
  const made = bases.map((base) => ({ base, folder: join(base.folder, name) }));
  for (const { base, folder } of made) makeGroup(folder, base, limits);
  return {
    words: made.length === 0 ? [] : ['/bin/sh', '-c', joining(made.length), 'sh', ...made.map(({ folder }) => folder)],
    ranOutOfMemory: () => made.some(({ base, folder }) => hasKilled(join(folder, files[base.version].events))),
    close: () => made.forEach(({ folder }) => removeGroup(folder)),
  };
}

function makeGroup(folder: string, base: ControlGroupBase, limits: SandboxLimits): void {
  try {
    openBase(base);
    mkdirSync(folder);
    setLimits(folder, base, limits);
  } catch (error) {
    const message = `the control group ${folder} cannot be made: its limits would not hold`;
    throw new DomainError('unavailable', message, { folder }, { cause: error });
  }
}

/** A shell that goes into as many groups as it gets folders, and then becomes the command that follows them. */
function joining(count: number): string {
  const join = 'echo $$ > "$1/cgroup.procs" || exit 125; shift;';
  return `${Array.from({ length: count }, () => join).join(' ')} exec "$@"`;
}

function setLimits(folder: string, { version, controllers }: ControlGroupBase, limits: SandboxLimits): void {
  const { memory, swap } = files[version];
  if (controllers.includes('pids')) writeFileSync(join(folder, 'pids.max'), String(limits.processes));
  if (!controllers.includes('memory')) return;
  writeFileSync(join(folder, memory), String(limits.memoryBytes));
  try {
    writeFileSync(join(folder, swap), version === 1 ? String(limits.memoryBytes) : '0');
    if (version === 2) writeFileSync(join(folder, 'memory.oom.group'), '1');
  } catch {
    // A kernel that does not count swap, or is too old to end a group together: memory itself is limited.
  }
}

function hasKilled(events: string): boolean {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(events, 'utf8'))?.[1] ?? 0) > 0;
  } catch {
    return false;
  }
}

function removeGroup(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // The kernel has not yet let go of the last process: whoever looks for groups next removes it.
  }
}

/** Where groups can be made, found out by making one. Removes those of processes that are no more. */
export function findControlGroups(): ControlGroupBase[] {
  const candidates = [...versionOne(), ...versionTwo()];
  const found: ControlGroupBase[] = [];
  for (const candidate of candidates) {
    const missing = candidate.controllers.filter((one) => !found.some(({ controllers }) => controllers.includes(one)));
    const base = { ...candidate, controllers: missing };
    if (missing.length > 0 && canHold(base)) found.push(base);
  }
  return found;
}

const wanted: readonly GroupController[] = ['memory', 'pids'];
const folderName = 'fermata';

interface Hierarchy {
  mountedAt: string;
  /** Of this process, from there. */
  own: string;
  controllers: readonly string[];
}

/** The mounts of control groups of one version, with where this process stands in each. */
function hierarchies(type: 'cgroup' | 'cgroup2'): Hierarchy[] {
  const standings = read('/proc/self/cgroup')
    .split('\n')
    .map((line) => line.split(':'));
  return mountsOf(type).flatMap(({ root, mountedAt, options }) => {
    const controllers = type === 'cgroup' ? options : [''];
    const standing = standings.find(([, names = '']) => names.split(',').some((name) => controllers.includes(name)));
    const path = standing?.slice(2).join(':');
    if (path === undefined) return [];
    return [{ mountedAt, own: path.startsWith(root) ? path.slice(root.length) : path, controllers }];
  });
}

/** Of proc_pid_mountinfo(5): `36 35 0:30 /root /mounted/at rw,… - type source options`. */
function mountsOf(type: string): { root: string; mountedAt: string; options: string[] }[] {
  const lines = read('/proc/self/mountinfo').split('\n');
  const halves = lines.map((line) => line.split(' - ').map((half) => half.split(' ')));
  return halves.flatMap(([place = [], fileSystem = []]) => {
    const [, , , root = '/', mountedAt = ''] = place;
    return fileSystem[0] === type ? [{ root, mountedAt, options: (fileSystem[2] ?? '').split(',') }] : [];
  });
}

/** Below the group of this process, so that whatever limits it goes for ours too. */
function versionOne(): ControlGroupBase[] {
  return hierarchies('cgroup').flatMap(({ mountedAt, own, controllers }) => {
    const here = wanted.filter((one) => controllers.includes(one));
    return here.length === 0
      ? []
      : [{ folder: join(mountedAt, own, folderName), version: 1 as const, controllers: here }];
  });
}

/** A group with processes can have no groups with limits in it, so ours lie beside that of this process. */
function versionTwo(): ControlGroupBase[] {
  return hierarchies('cgroup2').map(({ mountedAt, own }) => ({
    ...{ folder: join(mountedAt, own === '/' || own === '' ? '' : join(own, '..'), folderName), version: 2 as const },
    controllers: wanted,
  }));
}

function canHold(base: ControlGroupBase): boolean {
  const probe = join(base.folder, `${process.pid}-probe`);
  try {
    openBase(base);
    removeAbandoned(base.folder);
    mkdirSync(probe);
    setLimits(probe, base, { memoryBytes: 2 ** 30, processes: 1_000, cpuSeconds: 1, fileBytes: 1 });
    return true;
  } catch {
    return false;
  } finally {
    removeGroup(probe);
  }
}

/** Makes the folder of all groups where it is missing. */
function openBase({ folder, version, controllers }: ControlGroupBase): void {
  if (mkdirSync(folder, { recursive: true }) === undefined || version === 1) return;
  writeFileSync(join(folder, 'cgroup.subtree_control'), controllers.map((one) => `+${one}`).join(' '));
}

function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number.parseInt(name, 10);
    if (/^\d+-/.test(name) && !isRunning(pid)) removeGroup(join(folder, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
