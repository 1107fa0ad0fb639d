import type { OkrRun } from '../graphql/okr-run.js';

/** How a run is shown while it is watched. */
export interface RunView {
  /** How it stands now. */
  run(run: OkrRun): void;
  /** Something happened. */
  line(at: string, line: { state: string; text: string }): void;
  connection(state: 'lost' | 'back'): void;
  end(): void;
}
