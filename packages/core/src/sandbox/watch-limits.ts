import { readdirSync, readFileSync } from 'node:fs';
import type { SandboxLimits } from '@fermata/contracts';

/** A limit that a sandbox has run into. */
export type ExceededLimit = keyof SandboxLimits;

/** What one look found of a process. */
interface Look {
  parent: number;
  /** Memory of its own: not the files that it has in memory. */
  bytes: number;
  threads: number;
}

interface Watched {
  /** Everything in a sandbox descends from its first process: whatever loses its parent becomes a child of that one. */
  leader: number;
  limits: SandboxLimits;
  tell: (limit: ExceededLimit) => void;
}

const lookEveryMs = 150;
const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;

/**
 * Looks now and then at what a sandbox uses, where the kernel does not: between two looks it may use more.
 * @returns ends the watch
 */
export function watchLimits(of: Watched): () => void {
  watched.add(of);
  timer ??= setInterval(lookAtAll, lookEveryMs).unref();
  return () => {
    watched.delete(of);
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** One pass over the machine's processes for all that are watched. */
function lookAtAll(): void {
  const processes = lookAtProcesses();
  for (const { leader, limits, tell } of [...watched]) {
    const members = descendantsOf(leader, processes);
    const sum = (of: (look: Look) => number): number =>
      members.reduce((total, pid) => total + of(processes.get(pid) ?? nothing), 0);
    if (sum(({ threads }) => threads) > limits.processes) tell('processes');
    else if (sum(({ bytes }) => bytes) > limits.memoryBytes && sharedFairly(members) > limits.memoryBytes) {
      tell('memoryBytes');
    }
  }
}

const nothing: Look = { parent: 0, bytes: 0, threads: 0 };

function lookAtProcesses(): Map<number, Look> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.flatMap((pid) => lookAt(pid)));
}

function lookAt(pid: string): [number, Look][] {
  const status = read(`/proc/${pid}/status`);
  const numberOf = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  if (status === '') return [];
  const bytes = (numberOf('RssAnon') + numberOf('RssShmem')) * 1024;
  return [[Number(pid), { parent: numberOf('PPid'), bytes, threads: numberOf('Threads') }]];
}

function descendantsOf(leader: number, processes: ReadonlyMap<number, Look>): number[] {
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of processes) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const found: number[] = [];
  for (let next = [leader]; next.length > 0; next = next.flatMap((pid) => children.get(pid) ?? [])) found.push(...next);
  return found;
}

/** What several processes share counts once. Asked for only when something has to be decided by it: it is slow to say. */
function sharedFairly(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + (proportionOf(pid) ?? 0), 0);
}

function proportionOf(pid: number): number {
  const text = read(`/proc/${pid}/smaps_rollup`);
  const numberOf = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return (numberOf('Pss_Anon') + numberOf('Pss_Shmem')) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
