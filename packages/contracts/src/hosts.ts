/** A worker says that it is alive this often, in ms. */
export const signOfLifeEveryMs = 5_000;

/** One that was not heard of for so long, in ms, is not taken to be alive: three signs were missed, and a busy second. */
export const silentAfterMs = 20_000;

/** A worker as its last sign of life left it. */
export interface HostStanding {
  id: string;
  /** Of the machine. */
  name: string;
  /** Of Fermata. */
  version: string;
  startedAt: Date;
  lastSeenAt: Date;
  /** Null unless it was stopped in order. */
  stoppedAt: Date | null;
  /** Since its last sign of life, by the database's clock. */
  silentMs: number;
}

export function isAlive({ stoppedAt, silentMs }: Pick<HostStanding, 'stoppedAt' | 'silentMs'>): boolean {
  return stoppedAt === null && silentMs < silentAfterMs;
}
