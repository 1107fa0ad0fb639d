import { type ExceededLimit, watchLimits } from '../sandbox/watch-limits.js';
import type { OpenGroups } from '../sandbox/control-groups.js';
import type { StartedProcess } from './start-process.js';

const lookEveryMs = 250;

export interface LimitWatch {
  /** Settles when what runs must be ended for a limit; never otherwise. */
  exceeded: Promise<void>;
  /** The limit that ended it, whoever saw to it; undefined when none did. */
  limitBehind(exitCode: number | null): ExceededLimit | undefined;
  close(): void;
}

/** How a shell reports a program that the kernel has ended with SIGXCPU or SIGXFSZ (signal(7), x86 and ARM). */
const exitForLimit: Readonly<Record<number, ExceededLimit>> = { 152: 'cpuSeconds', 153: 'fileBytes' };

const unlimited: LimitWatch = {
  exceeded: new Promise<void>(() => undefined),
  limitBehind: () => undefined,
  close: () => undefined,
};

/** Sees to the limits of a sandbox that the kernel does not see to, and says which one it was in either case. */
export function watchLimitsOf({ sandbox }: StartedProcess): LimitWatch {
  if (sandbox === null) return unlimited;
  const { profile, groups, leader } = sandbox;
  let found: ExceededLimit | undefined;
  let close = (): void => undefined;
  let isOver = false;
  const exceeded = new Promise<void>((resolve) => {
    const tell = (limit: ExceededLimit): void => {
      found = limit;
      resolve();
    };
    void leader.then((pid) => {
      if (pid === null || isOver) return;
      const { limits, controlGroups } = profile;
      close = isKept(controlGroups) ? watchMemoryEnd(groups, tell) : watchLimits({ leader: pid, limits, tell });
    });
  });
  return {
    exceeded,
    limitBehind: (exitCode) => found ?? (groups.ranOutOfMemory() ? 'memoryBytes' : exitForLimit[exitCode ?? 0]),
    close: () => {
      isOver = true;
      close();
    },
  };
}

/** The kernel ends one process that takes too much memory: the others would go on without it, as if nothing had been. */
function watchMemoryEnd(groups: OpenGroups, tell: (limit: ExceededLimit) => void): () => void {
  const look = (): void => {
    if (groups.ranOutOfMemory()) tell('memoryBytes');
  };
  const timer = setInterval(look, lookEveryMs).unref();
  return () => clearInterval(timer);
}

/** By the kernel: then nobody has to look what each process uses. */
function isKept(groups: readonly { controllers: readonly string[] }[]): boolean {
  const grouped = groups.flatMap(({ controllers }) => controllers);
  return grouped.includes('memory') && grouped.includes('pids');
}
