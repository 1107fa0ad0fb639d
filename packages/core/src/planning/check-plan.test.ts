import type { Json, Plan, PlannedKeyResult, PlannedTask } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { checkPlan } from './check-plan.js';
import { sampleKeyResult, samplePlan, sampleTask } from './plan.fixture.js';

function problemsOf(change: Partial<Plan>): string[] {
  const checked = checkPlan({ ...samplePlan, ...change } as unknown as Json);
  return 'problems' in checked ? checked.problems : [];
}
const withKeyResult = (change: object) => problemsOf({ keyResults: [{ ...sampleKeyResult, ...change }] });
const withTask = (change: object) => problemsOf({ tasks: [{ ...sampleTask, ...change }] });
const command = (read: object) => ({ measure: { kind: 'command', command: 'make', read, timeoutMs: 60_000 } });

describe('a plan', () => {
  it('is taken as it is when nothing is wrong, with defaults filled in', () => {
    expect(checkPlan(samplePlan as unknown as Json)).toEqual({ plan: samplePlan });
    const { key, title, instructions, acceptanceCriteria } = sampleTask;
    const bare = checkPlan({
      ...samplePlan,
      tasks: [{ key, title, instructions, acceptanceCriteria }],
    } as unknown as Json);
    expect(bare).toMatchObject({ plan: { tasks: [{ dependsOn: [], predictedPaths: [], verificationSteps: [] }] } });
  });

  it.each([null, 'a plan', [], {}])('of the wrong shape is refused: %j', (input) => {
    expect(checkPlan(input)).toHaveProperty('problems');
  });

  it('is told every fault of its shape with its place', () => {
    const problems = problemsOf({
      objective: { title: '', description: 'x' },
      keyResults: [{ ...sampleKeyResult, measure: { kind: 'guess' } } as unknown as PlannedKeyResult],
      tasks: [sampleTask, { ...sampleTask, key: 'Bad Key', acceptanceCriteria: [] }],
    });
    expect(problems).toEqual([
      expect.stringMatching(/^objective\.title: too small/),
      expect.stringMatching(/^keyResults\[0\]\.measure\.kind: invalid/),
      'tasks[1].key: must be lower-case letters, digits and dashes, at most 40',
      expect.stringMatching(/^tasks\[1\]\.acceptanceCriteria: too small/),
    ]);
  });

  it('may have 50 tasks and not 51', () => {
    const tasks = Array.from({ length: 51 }, (_, index) => ({ ...sampleTask, key: `task-${index}` }));
    expect(problemsOf({ tasks: tasks.slice(0, 50) })).toEqual([]);
    expect(problemsOf({ tasks })).toEqual([expect.stringMatching(/^tasks: .*50/)]);
  });
});

describe('key results', () => {
  it('have titles of their own', () => {
    const again = { ...sampleKeyResult, title: 'type ERRORS' };
    expect(problemsOf({ keyResults: [sampleKeyResult, again] })).toEqual([
      'keyResults[1].title: is the title of keyResults[0] too',
    ]);
  });

  it('have a target ahead of their baseline, or on it as a guard beside a real one', () => {
    expect(withKeyResult({ statedBaseline: 0, target: 12 })).toEqual([
      'keyResults[0].target: 12 lies behind the stated baseline of 0, for a value that is to decrease',
      'keyResults: every target is met by its stated baseline already, so nothing would be achieved',
    ]);
    const guard: PlannedKeyResult = {
      ...sampleKeyResult,
      title: 'Tests',
      statedBaseline: 1,
      target: 1,
      direction: 'increase',
    };
    expect(problemsOf({ keyResults: [guard, sampleKeyResult] })).toEqual([]);
    expect(problemsOf({ keyResults: [guard] })).toEqual([expect.stringMatching(/^keyResults: every target is met/)]);
    expect(withKeyResult({ statedBaseline: null })).toEqual([]);
  });

  it('measured by tasks are in percent, within reach and growing', () => {
    const tasks = { statedBaseline: 0, direction: 'increase', measure: { kind: 'tasks' } };
    expect(withKeyResult({ ...tasks, unit: '%', target: 100 })).toEqual([]);
    expect(withKeyResult({ ...tasks, unit: 'Percent', target: 50 })).toEqual([]);
    expect(
      withKeyResult({ ...tasks, statedBaseline: null, direction: 'decrease', unit: 'tasks', target: 120 }),
    ).toEqual([
      'keyResults[0].unit: the measure "tasks" gives percent, not "tasks"',
      'keyResults[0].target: the measure "tasks" lies above 0 and at most at 100, not at 120',
      'keyResults[0].direction: the measure "tasks" can only increase',
    ]);
  });

  it('read by a pattern that compiles and captures', () => {
    expect(withKeyResult(command({ type: 'regex', pattern: '(\\d+' }))).toEqual([
      'keyResults[0].measure.read.pattern: is no valid regular expression',
    ]);
    expect(withKeyResult(command({ type: 'regex', pattern: '\\d+ (?:errors)' }))).toEqual([
      'keyResults[0].measure.read.pattern: has no capture group to read the number from',
    ]);
  });

  it('read by a pointer that is one', () => {
    expect(withKeyResult(command({ type: 'json_pointer', pointer: '/a~1b/c~0d' }))).toEqual([]);
    expect(withKeyResult(command({ type: 'json_pointer', pointer: '/a~b' }))).toEqual([
      expect.stringContaining('RFC 6901'),
    ]);
    expect(withKeyResult(command({ type: 'json_pointer', pointer: 'a' }))).toHaveLength(1);
  });

  it('read by an exit code aim at 0 or 1', () => {
    expect(
      withKeyResult({ ...command({ type: 'exit_code' }), target: 1, statedBaseline: 0, direction: 'increase' }),
    ).toEqual([]);
    expect(withKeyResult({ ...command({ type: 'exit_code' }), target: 5, statedBaseline: null })).toEqual([
      'keyResults[0].target: the reader "exit_code" gives 1 or 0, never 5',
    ]);
  });
});

describe('tasks', () => {
  const task = (key: string, ...dependsOn: string[]): PlannedTask => ({ ...sampleTask, key, dependsOn });

  it('have keys of their own', () => {
    expect(problemsOf({ tasks: [task('a'), task('a')] })).toEqual(['tasks: two tasks have the key "a"']);
  });

  it('depend on tasks of the plan, not on themselves, and once', () => {
    expect(problemsOf({ tasks: [task('a'), task('b', 'c'), task('d', 'd', 'a', 'a')] })).toEqual([
      'tasks[1].dependsOn: task "b" depends on unknown task "c"',
      'tasks[2].dependsOn: task "d" depends on itself',
      'tasks[2].dependsOn: lists "a" more than once',
    ]);
  });

  it('do not depend on each other in a circle', () => {
    expect(problemsOf({ tasks: [task('a', 'c'), task('b', 'a'), task('c', 'b')] })).toEqual([
      'tasks: tasks depend on each other in a circle: a -> c -> b -> a',
    ]);
  });

  it.each([
    '/etc/passwd',
    '\\\\host\\x',
    'C:\\x',
    '~/x',
    'src/../../x',
    '..',
    'a\\..\\b',
    '.git/hooks/pre-commit',
    '.GIT/config',
  ])('do not predict the path %s', (path) => {
    expect(withTask({ predictedPaths: ['src/ok.ts', path] })).toEqual([
      expect.stringMatching(/^tasks\[0\]\.predictedPaths\[1\]: /),
    ]);
  });

  it.each(['src/a..b.ts', 'src/**', '.github/workflows/ci.yml', '...'])('may predict the path %s', (path) => {
    expect(withTask({ predictedPaths: [path] })).toEqual([]);
  });
});
