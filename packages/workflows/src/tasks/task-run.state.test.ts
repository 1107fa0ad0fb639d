import { describe, expect, it } from 'vitest';
import { settleUnlanded } from './task-run.state.js';

describe('an attempt that did not land', () => {
  const failure = { code: 'conflict', message: 'No.' } as const;

  it('is partly done when there are changes, and keeps its reason', () => {
    expect(settleUnlanded({ state: 'failed', failure }, true)).toEqual({ state: 'partial_done', failure });
    expect(settleUnlanded({ state: 'cancelled', failure: null }, true)).toEqual({
      state: 'partial_done',
      failure: null,
    });
  });

  it('is what it was when nothing changed', () => {
    expect(settleUnlanded({ state: 'failed', failure }, false)).toEqual({ state: 'failed', failure });
    expect(settleUnlanded({ state: 'cancelled', failure: null }, false)).toEqual({ state: 'cancelled', failure: null });
  });

  it('that is done stays done', () => {
    expect(settleUnlanded({ state: 'done', failure: null }, true)).toEqual({ state: 'done', failure: null });
  });
});
