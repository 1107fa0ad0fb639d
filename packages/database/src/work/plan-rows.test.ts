import type { Plan, PlannedTask } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { planQuestion, type PlanQuestionParts } from './plan-rows.js';

const task: PlannedTask = {
  ...{ key: 'one', title: 'One', instructions: 'Do it.', acceptanceCriteria: ['It is done.'] },
  ...{ verificationSteps: [], dependsOn: [], predictedPaths: [] },
};
const plan: Plan = {
  objective: { title: 'Be quicker', description: 'Quicker than before.' },
  keyResults: [],
  tasks: [task, { ...task, key: 'two', title: 'Two' }],
};
const parts: PlanQuestionParts = {
  ...{ run: { id: 'okr_1', goal: 'Be quicker' }, plan, revision: 0, gates: [] },
  repository: { name: 'demo', location: '/srv/demo', defaultBranch: 'main', gateSource: 'declared' },
  ...{ estimatedMicros: 7, budgetMicros: null },
};
const digestWith = (changes: Partial<PlanQuestionParts>) => planQuestion({ ...parts, ...changes }).digest;

describe('the digest of a plan question', () => {
  it('is the same whatever the order of the keys', () => {
    const { tasks, keyResults, objective } = plan;
    expect(digestWith({ plan: { tasks, keyResults, objective } })).toBe(digestWith({}));
  });

  it.each<[string, Partial<PlanQuestionParts>]>([
    ['an instruction', { plan: { ...plan, tasks: [{ ...task, instructions: 'Do it!' }, ...plan.tasks.slice(1)] } }],
    ['the order of the tasks', { plan: { ...plan, tasks: plan.tasks.toReversed() } }],
    ['a gate', { gates: [{ name: 'test', command: 'true', timeoutMs: 1_000 }] }],
    ['the budget', { budgetMicros: 8 }],
    ['the revision', { revision: 1 }],
  ])('changes with %s', (_, changes) => {
    expect(digestWith(changes)).not.toBe(digestWith({}));
  });
});
