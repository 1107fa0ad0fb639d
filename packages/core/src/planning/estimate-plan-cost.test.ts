import { describe, expect, it } from 'vitest';
import { estimatePlanCost, planCostAssumptions } from './estimate-plan-cost.js';
import { samplePlan } from './plan.fixture.js';

describe('the estimate of a plan', () => {
  const price = {
    inputPerMillion: 3_000_000,
    outputPerMillion: 15_000_000,
    cacheReadPerMillion: 300_000,
    cacheWritePerMillion: 3_750_000,
  };

  it('is one sum for each task, in whole micro-USD, with what it rests on', () => {
    const estimate = estimatePlanCost(samplePlan, price);
    // work 515 625, review 119 250 x 1.3, repair 206 250 x 0.7
    expect(estimate).toEqual({
      totalMicros: 1_630_050,
      perTaskMicros: 815_025,
      tasks: 2,
      assumptions: planCostAssumptions,
    });
  });

  it('follows other assumptions', () => {
    const none = { ...planCostAssumptions, reviewsPerTask: 0, repairsPerTask: 0 };
    expect(estimatePlanCost(samplePlan, price, none).perTaskMicros).toBe(515_625);
  });
});
