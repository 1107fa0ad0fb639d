import { sep } from 'node:path';
import { bubblewrapIsolation, DomainError, type SandboxBind, type SandboxProfile } from '@fermata/contracts';
import { relayBinds, relayWords } from './inside-relay.js';

/** What runs inside, and in which folder. */
export interface ContainedCommand {
  cwd: string;
  /** The program and its arguments. */
  words: readonly string[];
}

/** The descriptor on which bubblewrap tells what becomes of the sandbox: see `bubblewrap-status.ts`. */
export const statusDescriptor = 3;
/** The descriptor from which it reads the filter of system calls, where there is one. */
const filterDescriptor = 4;

/** Shared memory of programs that use it, such as browsers and databases. */
const sharedMemoryBytes = 256 * 1024 * 1024;
const scratchBytes = 2 * 1024 * 1024 * 1024;

/**
 * The command line of bubblewrap for a profile. Nothing is shared but what is named: each kind of namespace is its own,
 * the root folder is empty, no capability is kept, and none can be got by a user namespace inside.
 * @throws DomainError `internal` when something would be mounted inside a folder that the contained process can change:
 *   a link that it left there would lead bubblewrap, which still sees the whole machine, out of the sandbox
 */
export function bubblewrapArguments(profile: SandboxProfile, { cwd, words }: ContainedCommand): string[] {
  assertNothingInsideWritable(profile);
  return [
    ...bubblewrapIsolation,
    ...['--uid', String(profile.user.uid), '--gid', String(profile.user.gid)],
    ...filesOf(profile),
    ...(profile.callFilter === null ? [] : ['--seccomp', String(filterDescriptor)]),
    ...['--json-status-fd', String(statusDescriptor), '--chdir', cwd, '--'],
    ...limiterOf(profile),
    ...relayWords(profile),
    ...words,
  ];
}

interface Mount {
  target: string;
  arguments: readonly string[];
}

function filesOf(profile: SandboxProfile): string[] {
  const mounts = [
    ...profile.readable.map((bind) => mount(bind, '--ro-bind-try')),
    ...relayBinds(profile).map((bind) => mount(bind, '--ro-bind')),
    ...profile.hidden.map((target) => ({ target, arguments: ['--tmpfs', target] })),
    ...profile.scratch.map((target) => ({ target, arguments: ['--size', String(scratchBytes), '--tmpfs', target] })),
    ...profile.writable.map((bind) => mount(bind, '--bind')),
    ...profile.guarded.map((bind) => mount(bind, '--ro-bind')),
  ];
  return [
    ...profile.links.flatMap(({ source, target }) => ['--symlink', source, target]),
    // Sorting is stable: of two at one place the later one lies on top.
    ...mounts.sort(outerFirst).flatMap((one) => one.arguments),
    ...systemFiles(profile),
    ...[...profile.hidden, ...(profile.frozen ?? [])].flatMap((target) => ['--remount-ro', target]),
    ...['--remount-ro', '/'],
  ];
}

const mount = ({ source, target }: SandboxBind, how: string): Mount => ({ target, arguments: [how, source, target] });

const depthOf = (path: string): number => path.split(sep).length;
const outerFirst = (a: Mount, b: Mount): number => depthOf(a.target) - depthOf(b.target);

/**
 * Processes and devices. Read-only, because to the kernel root inside is still the owner of what belongs to root: it
 * could set `core_pattern`, which the kernel runs outside, or the mode of `/dev/null`.
 */
function systemFiles({ devices }: SandboxProfile): string[] {
  return [
    ...['--proc', '/proc', '--remount-ro', '/proc'],
    ...['--dev', '/dev', ...devices.flatMap(({ source, target }) => ['--dev-bind', source, target])],
    ...['--size', String(sharedMemoryBytes), '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
  ];
}

/**
 * Soft and hard limit in one, so that nothing inside can raise it. Only of processor time the hard one is a little higher:
 * at the soft one the program is told what ends it, at the hard one it is just killed.
 */
function limiterOf({ limiter, limits }: SandboxProfile): string[] {
  if (limiter === null) return [];
  const { processes, cpuSeconds, fileBytes } = limits;
  return [
    limiter,
    `--nproc=${processes}`,
    `--cpu=${cpuSeconds}:${cpuSeconds + 2}`,
    `--fsize=${fileBytes}`,
    '--core=0',
    '--',
  ];
}

function assertNothingInsideWritable({ readable, hidden, scratch, writable, guarded, links }: SandboxProfile): void {
  const targets = [...hidden, ...scratch, ...[...readable, ...writable, ...links].map(({ target }) => target)];
  const inside = targets.find((target) => writable.some((folder) => isInside(target, folder.target)));
  // What is guarded lies in a writable folder by its nature; it hides itself from being replaced once it is there.
  const loose = guarded.find(({ target }) => !writable.some((folder) => dirOf(target) === folder.target));
  if (inside === undefined && loose === undefined) return;
  throw new DomainError('internal', `a sandbox cannot have ${inside ?? loose?.target ?? ''} where it may change it`);
}

const dirOf = (path: string): string => path.slice(0, path.lastIndexOf(sep));
const isInside = (path: string, folder: string): boolean => path.startsWith(folder + sep);
