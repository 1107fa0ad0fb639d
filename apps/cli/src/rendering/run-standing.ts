import { OkrRunState } from '@fermata/contracts';
import { stateWords } from './state.js';

/** A run, or its report, as far as its outcome goes. */
interface Outcome {
  state: string;
  keyResults: readonly { met: boolean | null }[];
}

/** True for a run that did all its work and missed a target: it is completed, and nobody should take it for a success. */
export function missedTargets({ state, keyResults }: Outcome): boolean {
  return state === OkrRunState.completed && keyResults.some(({ met }) => met !== true);
}

/** Where a run stands: as what it is painted, and the words. */
export function runStanding(run: Outcome): { painted: string; words: string } {
  const { state, keyResults } = run;
  if (!missedTargets(run)) return { painted: state, words: stateWords(state) };
  const met = keyResults.filter((result) => result.met === true).length;
  return { painted: 'targets_missed', words: `${stateWords(state)}, ${met} of ${keyResults.length} targets met` };
}
