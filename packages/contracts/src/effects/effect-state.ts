import type { StateTable } from '../state-table.js';

/** `intended`: recorded before the attempt; after a crash the outcome is looked up by the effect's key. */
export const EffectState = { intended: 'intended', done: 'done', abandoned: 'abandoned' } as const;
export type EffectState = (typeof EffectState)[keyof typeof EffectState];

export const effectTransitions: StateTable<EffectState> = {
  intended: ['done', 'abandoned'],
  done: [],
  abandoned: [],
};
