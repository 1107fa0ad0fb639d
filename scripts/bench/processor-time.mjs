import { readdir, readFile } from 'node:fs/promises';

/** The kernel's unit of processor time on Linux: USER_HZ, 100 a second on every platform Node runs on. */
const msOfTick = 10;

/**
 * Processor time that the processes of a Fermata have used so far, with everything they started, in ms by part.
 * Unlike elapsed time it says the same on a busy machine. Empty where there is no /proc.
 * @param {{ pids: Record<string, number> }} fermata
 * @returns {Promise<Record<string, number>>}
 */
export async function processorTime({ pids }) {
  const processes = await readProcesses();
  if (processes.size === 0) return {};
  return Object.fromEntries(Object.entries(pids).map(([part, pid]) => [part, timeOf(pid, processes)]));
}

/** What was used between two readings. */
export function usedBetween(before, after) {
  return Object.fromEntries(Object.entries(after).map(([part, ms]) => [part, ms - (before[part] ?? 0)]));
}

function timeOf(pid, processes) {
  const children = [...processes].filter(([, { parent }]) => parent === pid).map(([child]) => child);
  return children.reduce((sum, child) => sum + timeOf(child, processes), processes.get(pid)?.ms ?? 0);
}

/** By pid; a process has its own time and that of its children which have ended. */
async function readProcesses() {
  const names = await readdir('/proc').catch(() => []);
  const entries = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess));
  return new Map(entries.flat());
}

async function readProcess(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The name of the program is in parentheses and may hold anything; fields are counted after it (man 5 proc_pid_stat).
  const fields = stat
    ?.slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  if (!fields) return [];
  const [, parent] = fields;
  const ticks = fields.slice(11, 15).reduce((sum, time) => sum + time, 0);
  return [[Number(pid), { parent, ms: ticks * msOfTick }]];
}
