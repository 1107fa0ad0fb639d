import { setTimeout as sleep } from 'node:timers/promises';

const always = (value: boolean) => (): boolean => value;

/**
 * Checkpoints that are being made, at most one for each worktree. Making one takes several git commands, and what it
 * keeps is in the worktree's files already: so the model is asked on meanwhile, and only the next tool in that worktree
 * waits. A checkpoint that dies with its process is made up for by the next one, which takes up all that has changed.
 */
export class BackgroundCheckpoints {
  private readonly underWay = new Map<string, Promise<void>>();

  /** Wait for `settled` of the same worktree first. */
  start(worktreeId: string, make: () => Promise<void>): void {
    const making = make();
    // Whoever waits for it is told. Unheard, a failure would end the process.
    making.catch(() => undefined);
    this.underWay.set(worktreeId, making);
  }

  /** @throws what the last checkpoint of the worktree failed with, once */
  async settled(worktreeId: string): Promise<void> {
    const making = this.underWay.get(worktreeId);
    try {
      await making;
    } finally {
      if (this.underWay.get(worktreeId) === making) this.underWay.delete(worktreeId);
    }
  }

  /** Whether the last checkpoint of the worktree is made, within so many milliseconds. A failure is left for `settled` to tell. */
  async isMade(worktreeId: string, withinMs: number): Promise<boolean> {
    const making = this.underWay.get(worktreeId);
    if (making === undefined) return true;
    const late = new AbortController();
    const tooLate = sleep(withinMs, false, { signal: late.signal }).catch(() => false);
    const isMade = await Promise.race([making.then(always(true), always(false)), tooLate]);
    late.abort();
    return isMade;
  }

  /** Resolves when none is being made, whatever became of them. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.underWay.values());
  }
}
