import type { TaskId, TaskState } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { type PlannedTaskRow, TaskBoard } from './task-board.js';

function row(name: string, { dependsOn = [], state = 'todo', attempt = 1 }: Row = {}): PlannedTaskRow {
  return { taskId: id(name), attempt, state, dependsOn: dependsOn.map(id) };
}

interface Row {
  dependsOn?: string[];
  state?: TaskState;
  attempt?: number;
}

const id = (name: string): TaskId => `task_${name}`;
const names = (rows: { taskId: TaskId }[]) => rows.map(({ taskId }) => taskId.slice(5));

function started(board: TaskBoard): string[] {
  const rows = board.startable();
  for (const task of rows) board.begin(task);
  return names(rows);
}

describe('TaskBoard', () => {
  it('starts what depends on nothing, in plan order, within its slots', () => {
    const board = new TaskBoard([row('a'), row('b', { dependsOn: ['a'] }), row('c'), row('d')], 2);
    expect(started(board)).toEqual(['a', 'c']);
    expect(started(board)).toEqual([]);
    board.end(id('c'), 'done');
    expect(started(board)).toEqual(['d']);
    board.end(id('a'), 'done');
    expect(started(board)).toEqual(['b']);
  });

  it('never starts what depends on something that was not done, and names what stood in the way', () => {
    const board = new TaskBoard([row('a'), row('b', { dependsOn: ['a'] }), row('c', { dependsOn: ['a', 'b'] })], 3);
    started(board);
    board.end(id('a'), 'partial_done');
    expect(board.isSettled).toBe(true);
    expect(board.blocked()).toEqual([
      { taskId: id('b'), because: [id('a')] },
      { taskId: id('c'), because: [id('a'), id('b')] },
    ]);
  });

  it('is settled only when nothing runs and nothing can start', () => {
    const board = new TaskBoard([row('a')], 1);
    expect(board.isSettled).toBe(false);
    started(board);
    expect(board.isSettled).toBe(false);
    board.end(id('a'), 'done');
    expect(board.isSettled).toBe(true);
  });

  it('counts every change, so that a wait notices each', () => {
    const board = new TaskBoard([row('a')], 1);
    const before = board.changes;
    started(board);
    board.end(id('a'), 'done');
    board.refresh([row('a', { state: 'done' })]);
    expect(board.changes).toBe(before + 2);
  });

  it('keeps what runs running, whatever the rows say', () => {
    const board = new TaskBoard([row('a')], 2);
    started(board);
    board.refresh([row('a', { state: 'todo' })]);
    expect(started(board)).toEqual([]);
  });

  it('starts a task again that was reopened after it had failed', () => {
    const board = new TaskBoard([row('a')], 1);
    started(board);
    board.end(id('a'), 'failed');
    board.refresh([row('a', { attempt: 2 })]);
    expect(started(board)).toEqual(['a']);
    board.end(id('a'), 'done');
    expect(board.isSettled).toBe(true);
  });

  it('does not take an attempt up again that ended after the rows were read', () => {
    const board = new TaskBoard([row('a'), row('b', { dependsOn: ['a'] })], 2);
    started(board);
    board.end(id('a'), 'done');
    board.refresh([row('a', { state: 'doing' }), row('b', { dependsOn: ['a'] })]);
    expect(started(board)).toEqual(['b']);
  });

  it('does not lose a reopening that it hears of before the end of the attempt', () => {
    const board = new TaskBoard([row('a')], 1);
    started(board);
    board.refresh([row('a', { attempt: 2 })]);
    board.end(id('a'), 'failed');
    expect(board.startable().map(({ attempt }) => attempt)).toEqual([2]);
  });

  it('does not start a task that was cancelled while it waited, nor what depends on it', () => {
    const tasks = [row('a'), row('b'), row('c', { dependsOn: ['b'] })];
    const board = new TaskBoard(tasks, 1);
    started(board);
    board.refresh([row('a'), row('b', { state: 'cancelled' }), row('c', { dependsOn: ['b'] })]);
    board.end(id('a'), 'done');
    expect(board.isSettled).toBe(true);
    expect(board.blocked()).toEqual([{ taskId: id('c'), because: [id('b')] }]);
  });

  it('leaves tasks alone that are settled from the start', () => {
    const board = new TaskBoard([row('a', { state: 'done' }), row('b', { dependsOn: ['a'] })], 1);
    expect(started(board)).toEqual(['b']);
  });
});
