import { describe, expect, it } from 'vitest';
import { budgetSubjectIds } from '../budgets/budget-scope.js';
import { subtaskLimit } from './subtask.js';

describe('the budgets of a subtask', () => {
  const run = { workspaceId: 'wsp_1', agentId: 'agt_1', okrRunId: 'okr_1', taskId: 'task_1' };
  const above = ['wsp_1', 'agt_1', 'okr_1', 'task_1'];

  it('are those of its task, its own, and that of the subtask it is a part of', () => {
    expect(budgetSubjectIds({ ...run, id: 'run_0', parentRunId: null, depth: 0 })).toEqual(above);
    expect(budgetSubjectIds({ ...run, id: 'run_1', parentRunId: 'run_0', depth: 1 })).toEqual([...above, 'run_1']);
    expect(budgetSubjectIds({ ...run, id: 'run_2', parentRunId: 'run_1', depth: 2 })).toEqual([
      ...above,
      ...['run_1', 'run_2'],
    ]);
  });

  it('are not known of one that is deeper than there may be any', () => {
    expect(() => budgetSubjectIds({ ...run, id: 'run_3', parentRunId: 'run_2', depth: 3 })).toThrow('depth 3');
  });
});

describe('the limit of a subtask', () => {
  it('is its share of what is left, in whole millionths of a dollar', () => {
    expect(subtaskLimit(1_000_001, 25)).toBe(250_000);
    expect(subtaskLimit(3, 50)).toBe(1);
  });

  it('is none where nothing above it has one, and nothing where nothing is left', () => {
    expect(subtaskLimit(null, 25)).toBeNull();
    expect(subtaskLimit(0, 25)).toBe(0);
    expect(subtaskLimit(-5, 50)).toBe(0);
  });
});
