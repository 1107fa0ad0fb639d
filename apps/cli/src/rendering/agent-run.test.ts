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
});
