import { accessSync, constants } from 'node:fs';
import { join, sep } from 'node:path';
import type { SandboxProfile } from '@fermata/contracts';

/**
 * True when a program can be found inside: looked up in `path` as the system does, among what the profile shows.
 * @param path - the value of PATH inside
 */
export function isProgramInside(program: string, path: string, profile: SandboxProfile): boolean {
  const candidates = program.includes(sep) ? [program] : path.split(':').map((folder) => join(folder, program));
  return candidates.some((candidate) => {
    const source = sourceOf(candidate, profile);
    return source !== null && isExecutable(source);
  });
}

/** Where what is seen at `target` lies outside; null when nothing is seen there. */
function sourceOf(target: string, { readable, writable, hidden, links }: SandboxProfile): string | null {
  const link = links.find((one) => isWithin(target, one.target));
  const real = link === undefined ? target : `/${link.source}${target.slice(link.target.length)}`;
  const covers = hidden.map((folder) => ({ target: folder, source: null }));
  const [nearest] = [...readable, ...writable, ...covers]
    .filter((one) => isWithin(real, one.target))
    .sort((a, b) => b.target.length - a.target.length);
  return nearest?.source == null ? null : nearest.source + real.slice(nearest.target.length);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);
