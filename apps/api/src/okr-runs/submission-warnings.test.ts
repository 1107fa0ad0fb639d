import { catalogue, type CatalogueModel, findModel } from '@fermata/contracts/models';
import { describe, expect, it } from 'vitest';
import { redactionWarnings, warningsOf } from './submission-warnings.js';

const agent = { model: 'scripted', maxOutputTokens: 16_000, instructions: '' };
const warn = (budgetMicros: number | null, over: Partial<typeof agent> = {}) =>
  warningsOf({ budgetMicros, goal: 'Sell more' }, { ...agent, ...over }, catalogue);

describe('a budget that is submitted with a goal', () => {
  it('is warned of when it pays for no call of the model, with what one may need', () => {
    const [warning] = warn(10_000);
    // 16,000 tokens out at $15 a million, and the planner's prompt of 15,009 at most at $3.75.
    expect(warning).toMatchObject({ code: 'budget_too_small', neededMicros: 296_284 });
    expect(warning?.message).toContain('$0.0100 is too small for any call of scripted: one may need $0.2963 or more');
    expect(warn(1, { maxOutputTokens: 64_000 })[0]?.message).toContain('may need $1.02 or more');
  });

  it('counts what the agent may answer and is told, and never more than the model can answer', () => {
    const needed = (over: Partial<typeof agent>) => warn(1, over)[0]?.neededMicros ?? 0;
    expect(needed({ maxOutputTokens: 1_000 })).toBe(296_284 - 225_000);
    expect(needed({ instructions: 'é'.repeat(500) })).toBe(296_284 + 3_750);
    expect(needed({ maxOutputTokens: 200_000 })).toBe(needed({ maxOutputTokens: 64_000 }));
  });

  it('is taken in silence when it may do, and when there is none', () => {
    expect([warn(296_284), warn(null)]).toEqual([[], []]);
  });

  it('with a model of which nobody knows the price is warned of, budget or not, with the way to state it', () => {
    for (const budget of [1, null]) {
      const [warning] = warn(budget, { model: 'own-model' });
      expect(warning).toMatchObject({ code: 'model_unknown', neededMicros: null });
      expect(warning?.message).toMatch(/"own-model".*models\.json/);
    }
  });

  it('counts with the price that a user states', () => {
    const scripted = findModel('scripted') as CatalogueModel;
    const free = {
      ...scripted,
      price: { ...scripted.price, inputPerMillion: 0, outputPerMillion: 0, cacheWritePerMillion: 0 },
    };
    expect(warningsOf({ budgetMicros: 1, goal: 'Sell more' }, agent, [free, ...catalogue])).toEqual([]);
  });
});

describe('a secret that is submitted with a goal', () => {
  it('is warned of by its kind, and its value is in no warning', () => {
    const goal = (text: string) => ({ goal: `Deploy with ${text}` });
    const [warning] = redactionWarnings(goal('ghp_secret'), goal('[redacted: GitHub token]'));
    expect(warning).toMatchObject({ code: 'secret_redacted' });
    expect(warning?.message).toContain('[redacted: GitHub token]');
    expect(warning?.message).not.toContain('ghp_secret');
    expect(redactionWarnings(goal('care'), goal('care'))).toEqual([]);
  });
});
