import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { DataDirectory } from '../data-directory.js';
import type { KnownProcess } from './end-process.mjs';
import { processIdentity } from './process-identity.mjs';

export interface ServersOnDirectory {
  /** The postmaster and its children, whichever are left. */
  postgres: KnownProcess[];
  temporal: KnownProcess[];
}

/** What a process is doing, as far as we may see it. */
interface Sighting {
  pid: number;
  name: string;
  args: readonly string[];
  cwd: string | null;
}

/**
 * The servers that work on a data directory right now, whoever started them: a Postgres stands in its cluster, a Temporal
 * dev server has its database file on the command line. Nothing else is ever taken for ours.
 */
export function serversOn(directory: DataDirectory): ServersOnDirectory {
  const seen = process.platform === 'linux' ? sightingsFromProc() : sightingsFromPs();
  const known = (wanted: (sighting: Sighting) => boolean): KnownProcess[] =>
    seen.filter(wanted).flatMap(({ pid }) => {
      const identity = processIdentity(pid);
      return identity === null ? [] : [{ pid, identity }];
    });
  return {
    postgres: known(
      ({ name, args, cwd }) => name === 'postgres' && (cwd === directory.cluster || args.includes(directory.cluster)),
    ),
    temporal: known(
      ({ args }) =>
        args[args.indexOf('--db-filename') + 1] === directory.temporalDatabase && args.includes('start-dev'),
    ),
  };
}

function sightingsFromProc(): Sighting[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return [
          {
            pid: Number(name),
            name: readFileSync(`/proc/${name}/comm`, 'utf8').trim(),
            args,
            cwd: linkOrNull(`/proc/${name}/cwd`),
          },
        ];
      } catch {
        return [];
      }
    });
}

function sightingsFromPs(): Sighting[] {
  const { stdout } = spawnSync('ps', ['-axww', '-o', 'pid=,args='], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [pid = '', program = '', ...args] = line.trim().split(' ');
    return pid === '' ? [] : [{ pid: Number(pid), name: program.slice(program.lastIndexOf('/') + 1), args, cwd: null }];
  });
}

/** Null when the process is another user's: we may not look, and it is not ours. */
function linkOrNull(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
