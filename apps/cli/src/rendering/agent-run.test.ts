import { describe, expect, it } from 'vitest';
import type { AgentRun, Step } from '../graphql/agent-run.js';
import { renderAgentRun } from './agent-run.js';
import { uncoloured } from './style.js';

const then = '2026-01-31T11:59:00.000Z';
const cost = { micros: 1, estimated: false, inputTokens: 1, outputTokens: 1 };
const step = (index: number, name: string, modelReason: string | null) =>
  ({
    index,
    kind: name === 'list' ? 'tool' : 'model',
    name,
    modelReason,
    state: 'succeeded',
    startedAt: then,
    endedAt: then,
    cost,
    failure: null,
  }) as Step;
const run = {
  ...{
    id: 'run_1',
    state: 'running',
    kind: 'work',
    model: 'cheap',
    runtime: 'api',
    maxSteps: 80,
    agent: { name: 'a' },
  },
  ...{ modelReason: 'Rule 1 of the model policy: work.', task: null, okrRun: { id: 'okr_1', goal: 'Be quicker' } },
  ...{ waitingOn: null, failure: null, result: null, createdAt: then, startedAt: then, endedAt: null, cost },
  ...{ usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0 }, worktree: null, host: null, containment: null },
  ...{ title: null, depth: 0, parent: null, children: [], budget: null },
} as unknown as AgentRun;

describe('an agent run', () => {
  it('says why it has its model, and at which step it goes on with another', () => {
    const away = 'cheap cannot be had: HTTP 529.';
    const steps = [
      step(0, 'cheap', run.modelReason),
      step(1, 'list', null),
      ...[step(2, 'strong', away), step(3, 'strong', away), step(4, 'cheap', run.modelReason)],
    ];
    const lines = renderAgentRun({ ...run, steps }, { style: uncoloured, width: 120, now: new Date(then) }).split('\n');
    expect(lines.find((line) => line.includes('because'))).toContain('Rule 1 of the model policy');
    const said = lines.filter((line) => /^ +\d/.test(line)).map((line) => /\((.*)\)/.exec(line)?.[1] ?? null);
    expect(said).toEqual([null, null, away, null, run.modelReason]);
  });

  it('says once why it goes on with its own model, where that is for want of another', () => {
    const passed = 'It is the model of the agent. strong is passed over: it is elsewhere.';
    const own = { ...run, modelReason: 'It is the model of the agent.' };
    const steps = [step(0, 'cheap', own.modelReason), step(1, 'cheap', passed), step(2, 'cheap', passed)];
    const text = renderAgentRun({ ...own, steps }, { style: uncoloured, width: 160, now: new Date(then) });
    expect(text.split('\n').filter((line) => line.includes('passed over'))).toEqual([
      expect.stringContaining(`1 `) as string,
    ]);
  });

  it('shows what it is a part of, its share of the budget, and its own subtasks', () => {
    const page = { style: uncoloured, width: 120, now: new Date(then) };
    const children = [{ id: 'run_3', state: 'succeeded', title: 'Count the tests', cost }];
    const subtask = {
      ...{ ...run, kind: 'subtask', title: 'Look at the tests', depth: 1, steps: [], children },
      ...{ parent: { id: 'run_0', kind: 'work' }, budget: { limitMicros: 500_000, spentMicros: 20_000 } },
    } as unknown as AgentRun & { steps: Step[] };
    const text = renderAgentRun(subtask, page);
    expect(text).toContain('subtask: Look at the tests');
    expect(text).toMatch(/part of +run_0 \(work\)/);
    expect(text).toMatch(/budget +\$0\.0200 spent of \$0\.5000/);
    expect(text).toMatch(/Subtasks\n+.*run_3 .*Count the tests/);
    expect(renderAgentRun({ ...run, steps: [] }, page)).not.toMatch(/Subtasks|part of|budget/);
  });
});
