import { describe, expect, it } from 'vitest';
import { chooseModel, type ModelFacts, ownModel } from './choose-model.js';
import { callPolicyOf, complexityOf, type ModelPolicy, modelsIn } from './model-policy.js';

const policy: ModelPolicy = {
  rules: [
    { kind: 'review', model: 'reviewer' },
    { kind: 'work', complexity: 'low', model: 'cheap' },
    { kind: 'work', model: 'middle' },
    { complexity: 'high', model: 'large' },
  ],
  escalate: { afterFailedGates: 2, to: 'strong' },
  fallback: ['other', 'last'],
  downgrade: [
    { atBudgetPercent: 95, to: 'cheapest' },
    { atBudgetPercent: 80, to: 'cheaper' },
  ],
};
const facts: ModelFacts = {
  ...{ first: ownModel('own'), kind: 'work', complexity: 'medium', failedGates: 0 },
  ...{ budgetPercent: 10, away: new Map() },
};
const choose = (over: Partial<ModelFacts> = {}, of: ModelPolicy = policy) => chooseModel(of, { ...facts, ...over });

describe('the choice of a model', () => {
  it("is the agent's own without a policy, and where no rule fits", () => {
    expect(choose({}, {})).toEqual({ model: 'own', rule: 'agent', reason: 'It is the model of the agent.' });
    expect(choose({ kind: 'plan', complexity: null })).toMatchObject({ model: 'own', rule: 'agent' });
  });

  it('is that of the first rule that fits, and says which', () => {
    expect(choose({ complexity: 'low' })).toEqual({
      ...{ model: 'cheap', rule: 'rule', reason: 'Rule 2 of the model policy: work of low complexity.' },
    });
    expect(choose().model).toBe('middle');
    expect(choose({ kind: 'review', complexity: 'high' }).model).toBe('reviewer');
    expect(choose({ kind: 'repair', complexity: 'high' })).toMatchObject({
      ...{ model: 'large', reason: 'Rule 4 of the model policy: any work of high complexity.' },
    });
  });

  it('escalates a repair, and nothing else, once gates have failed so often', () => {
    expect(choose({ kind: 'repair', failedGates: 1 }).model).toBe('own');
    expect(choose({ kind: 'repair', failedGates: 2 })).toEqual({
      ...{ model: 'strong', rule: 'escalate', reason: 'Gates have failed 2 times.' },
    });
    expect(choose({ kind: 'review', failedGates: 5 }).model).toBe('reviewer');
    const soon = { escalate: { afterFailedGates: 1, to: 'strong' } };
    expect(choose({ kind: 'repair', failedGates: 1 }, soon).reason).toBe('Gates have failed once.');
  });

  it('downgrades by the last step that the budget has reached, also what was escalated', () => {
    expect(choose({ budgetPercent: 79.9 }).model).toBe('middle');
    expect(choose({ budgetPercent: 80 })).toEqual({
      ...{ model: 'cheaper', rule: 'downgrade', reason: '80 % of the budget is spent.' },
    });
    expect(choose({ budgetPercent: 120, kind: 'repair', failedGates: 9 }).model).toBe('cheapest');
    expect(choose({ budgetPercent: null }).model).toBe('middle');
  });

  it('falls back on the first that is not away, and keeps its choice when all are', () => {
    const away = (...models: string[]) => new Map(models.map((model) => [model, 'HTTP 529']));
    expect(choose({ away: away('middle') })).toEqual({
      ...{ model: 'other', rule: 'fallback', reason: 'middle cannot be had: HTTP 529.' },
    });
    expect(choose({ away: away('middle', 'other') }).model).toBe('last');
    expect(choose({ away: away('middle', 'other', 'last') }).model).toBe('middle');
    expect(choose({ away: away('own') }).model).toBe('middle');
    expect(choose({ away: away('cheaper'), budgetPercent: 85 })).toMatchObject({ model: 'other', rule: 'fallback' });
    expect(choose({ away: away('own') }, { fallback: ['own'] }).model).toBe('own');
  });

  it('begins where its run was queued, with the reason of that', () => {
    const first = { model: 'strong', rule: 'escalate', reason: 'Gates have failed once.' } as const;
    expect(choose({ first }, callPolicyOf(policy)!)).toEqual(first);
  });
});

describe('a model policy', () => {
  it('names its models once, and keeps for calls what calls decide', () => {
    expect(modelsIn({ ...policy, fallback: ['other', 'strong'] })).toEqual([
      ...['reviewer', 'cheap', 'middle', 'large', 'other', 'strong', 'cheapest', 'cheaper'],
    ]);
    expect(callPolicyOf({ rules: policy.rules, fallback: [] })).toBeNull();
  });

  it.each([
    [['a.ts'], ['it works', 'it is tested'], 'low'],
    [['a.ts', 'b.ts'], ['it works', 'it is tested'], 'medium'],
    [[], ['it works'], 'medium'],
    [['1', '2', '3', '4', '5'], ['a', 'b', 'c'], 'medium'],
    [['1', '2', '3', '4', '5', '6'], ['a', 'b', 'c'], 'high'],
  ] as const)('takes %j with %j for %s', (predictedPaths, acceptanceCriteria, complexity) => {
    expect(complexityOf({ predictedPaths, acceptanceCriteria })).toBe(complexity);
  });
});
