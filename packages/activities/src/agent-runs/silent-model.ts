import { type Waiting, WaitKind } from '@fermata/contracts';
import { atWork } from '@fermata/database';

export interface SilentModel {
  /** Something came from the provider, be it a ping. */
  heard: () => void;
  /** The call is over, however it ended; harmless to repeat. Resolves when the row says nothing of a silence any more. */
  end(): Promise<void>;
}

/**
 * Law 6: an agent whose provider sends nothing for a while is not at work, it waits for the provider. A call that is
 * answered in time costs nothing.
 * @param say writes it on the run's row; must not throw
 */
export function watchSilentModel(say: (waiting: Waiting) => Promise<void>, silentAfterMs: number): SilentModel {
  let said = Promise.resolve();
  let silent = false;
  // One after the other: the row must end with what was said last.
  const turn = (to: boolean): void => {
    if (silent === to) return;
    silent = to;
    said = said.then(() => say(to ? silence(silentAfterMs) : atWork('The agent is at work.')));
  };
  const timer = setTimeout(() => turn(true), silentAfterMs);
  return {
    heard() {
      timer.refresh();
      turn(false);
    },
    end() {
      clearTimeout(timer);
      turn(false);
      return said;
    },
  };
}

function silence(forMs: number): Waiting {
  const detail = `The model's provider has sent nothing for ${Math.round(forMs / 1_000)} s. The call is given up after four minutes of silence, and made again.`;
  return { kind: WaitKind.rateLimit, detail, releasableBy: ['provider'] };
}
