import { EventType } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import type { Event } from '../graphql/events.js';
import { anEvent, ids } from '../testing/rows.fixture.js';
import { tellEvent } from './event-line.js';

const names = new Map([
  [ids.task, 'Parse prices'],
  [ids.agentRun, 'repair'],
]);
const told = (type: string, over: object) => tellEvent(anEvent(1, type, { ...over }) as unknown as Event, names)?.text;

describe('what a follower is told', () => {
  it.each([
    ['okr_run.state_changed', { data: { from: 'running', to: 'measuring' } }, 'run: running → measuring'],
    ['task.state_changed', { taskId: ids.task, data: { from: 'todo', to: 'doing' } }, 'Parse prices: todo → doing'],
    [
      'task.state_changed',
      { taskId: ids.task, data: { cancelRequested: true } },
      'Parse prices: somebody asked to cancel it',
    ],
    ['gate.ran', { taskId: ids.task, data: { name: 'test', state: 'timed_out' } }, 'Parse prices: gate test timed out'],
    [
      'agent_run.state_changed',
      { taskId: ids.task, agentRunId: ids.agentRun, data: { from: 'queued', to: 'running' } },
      'Parse prices: repair begins',
    ],
    ['agent_run.state_changed', { agentRunId: ids.agentRun, data: { from: 'running', to: 'succeeded' } }, undefined],
    [
      'approval.requested',
      { subjectId: 'apr_1', data: { title: 'Go on?' } },
      'waits for you: Go on?  fermata approve apr_1',
    ],
    [
      'budget.threshold_reached',
      {
        data: {
          ...{ scope: 'workspace', subjectId: 'wsp_1', period: 'day', percent: 80 },
          ...{ spentMicros: 4_000_000, limitMicros: 5_000_000 },
        },
      },
      '80 % of the daily budget of the workspace is spent: $4.00 of $5.00',
    ],
    ['plan.drafted', { data: { tasks: 1, keyResults: 2 } }, 'plan drafted: 2 key results, 1 task'],
    ['key_result.measured', { data: { phase: 'final', value: null } }, 'key result: now could not be measured'],
    ['change_request.state_changed', { data: { to: 'open' } }, undefined],
    ['step.ended', { data: {} }, undefined],
    ['moon.risen', {}, 'moon.risen'],
  ])('%s %j: %s', (type, over, text) => expect(told(type, over)).toBe(text));

  it('has a word for every type of event, or knows that it is not worth one', () => {
    for (const type of Object.values(EventType)) expect(told(type, { data: {} })).not.toBe(type);
  });
});
