import type { ShellCommand } from './shell-command.js';

/** Commands, and whatever supplied them or was piped to them, from near to far. */
export function allSources(commands: readonly ShellCommand[]): ShellCommand[] {
  const found = new Set<ShellCommand>();
  const open = [...commands];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...next.upstream, ...next.suppliers);
  }
  return [...found];
}
