import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// Plain JavaScript: the bootstrap script imports this file before anything is compiled, on Node 20.

/**
 * Names one process for ever: pids are used again, a pid together with its start time and boot is not.
 * @param {number} pid
 * @returns {string | null} null when no such process runs (a zombie does not run); safe in a file name
 */
export function processIdentity(pid) {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return process.platform === 'linux' ? linuxIdentity(pid) : posixIdentity(pid);
}

/**
 * @param {number} pid
 * @param {string} identity
 */
export function isSameProcess(pid, identity) {
  return processIdentity(pid) === identity;
}

/** @param {number} pid */
function linuxIdentity(pid) {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The command name may hold spaces and brackets: the fields proper start behind the last one (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X') return null;
  const bootId = readOrNull('/proc/sys/kernel/random/boot_id') ?? '';
  return `${bootId.slice(0, 8)}.${fields[19]}`;
}

/** @param {number} pid */
function posixIdentity(pid) {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { LC_ALL: 'C' },
  });
  const match = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout ?? '');
  if (status !== 0 || match === null || match[1]?.startsWith('Z')) return null;
  return String(Date.parse(match[2] ?? ''));
}

/** @param {string} path */
function readOrNull(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
