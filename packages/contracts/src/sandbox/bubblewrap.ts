/** The first version of bubblewrap that has what a sandbox needs (`--disable-userns`, `--size`). */
const leastBubblewrap = [0, 8] as const;

/**
 * What bubblewrap isolates whatever is shown inside: each kind of namespace is its own, no capability is kept and none
 * can be got by a user namespace inside. It has no terminal, and ends together with whoever started it.
 */
export const bubblewrapIsolation: readonly string[] = [
  ...['--unshare-user', '--disable-userns', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net'],
  ...['--unshare-cgroup-try', '--hostname', 'fermata', '--cap-drop', 'ALL'],
  ...['--new-session', '--die-with-parent'],
];

/** What `bwrap --version` prints, as a sentence when it will not do; null when it will. */
export function objectionToBubblewrap(printed: string): string | null {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(printed) ?? []).slice(1).map(Number);
  const [leastMajor, leastMinor] = leastBubblewrap;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return null;
  return `${printed.trim()} is too old: ${leastBubblewrap.join('.')} or later is needed`;
}
