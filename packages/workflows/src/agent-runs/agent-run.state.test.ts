import type { PlannedCall, ToolClass } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import {
  allowMore,
  batchesOf,
  guardReason,
  maxIdenticalCalls,
  maxSameOutcomes,
  maxSilentTurns,
  newMemory,
  rememberCalls,
  rememberOutcome,
} from './agent-run.state.js';

let calls = 0;
function call(name: string, toolClass: ToolClass | null = 'unsafe', fingerprint = `${name}-${++calls}`): PlannedCall {
  return { callId: `call-${++calls}`, name, toolClass, fingerprint };
}

const taken = (steps: number) => ({ steps, workedMs: 0 });

describe('the guards', () => {
  it('let a run go on that makes progress', () => {
    const memory = newMemory(100);
    for (let turn = 0; turn < 20; turn++) rememberCalls(memory, [call('bash'), call('edit')]);
    expect(guardReason(memory, taken(40))).toBeNull();
  });

  it('stop at the step ceiling, not before', () => {
    expect(guardReason(newMemory(10), taken(9))).toBeNull();
    expect(guardReason(newMemory(10), taken(10))).toMatch(/10 steps/);
  });

  it('stop after identical calls in a row, within a turn or over turns', () => {
    const memory = newMemory(100);
    const same = () => call('bash', 'unsafe', 'same');
    rememberCalls(memory, [same(), same()]);
    for (let turn = 3; turn < maxIdenticalCalls; turn++) rememberCalls(memory, [same()]);
    expect(guardReason(memory, taken(1))).toBeNull();
    rememberCalls(memory, [same()]);
    expect(guardReason(memory, taken(1))).toMatch(/same tool call/);
  });

  it('forget identical calls when another one comes between', () => {
    const memory = newMemory(100);
    for (let turn = 0; turn < 10; turn++) {
      rememberCalls(memory, [call('bash', 'unsafe', 'same'), call('read', 'idempotent', 'other')]);
    }
    expect(guardReason(memory, taken(1))).toBeNull();
  });

  it('stop after silent turns in a row, and forget them when something is called', () => {
    const memory = newMemory(100);
    for (let turn = 1; turn < maxSilentTurns; turn++) rememberCalls(memory, []);
    rememberCalls(memory, [call('bash')]);
    for (let turn = 1; turn < maxSilentTurns; turn++) rememberCalls(memory, []);
    expect(guardReason(memory, taken(1))).toBeNull();
    rememberCalls(memory, []);
    expect(guardReason(memory, taken(1))).toMatch(/without using a tool/);
  });

  it('stop when the same error comes a third time, whatever succeeds in between', () => {
    const memory = newMemory(100);
    for (let time = 1; time <= maxSameOutcomes; time++) {
      expect(guardReason(memory, taken(1))).toBeNull();
      rememberOutcome(memory, { state: 'succeeded', fingerprint: `edit ${time}` });
      rememberOutcome(memory, { state: 'succeeded' });
      rememberOutcome(memory, { state: 'failed', fingerprint: 'the same' });
    }
    expect(guardReason(memory, taken(1))).toBe('It has run into the same error 3 times in a row.');
  });

  it('let a run go on whose errors change', () => {
    const memory = newMemory(100);
    for (let time = 0; time < 10; time++)
      rememberOutcome(memory, { state: 'failed', fingerprint: `error ${time % 2}` });
    expect(guardReason(memory, taken(1))).toBeNull();
  });

  it('stop when a file is brought to the same content a third time, over all that is done in between', () => {
    const memory = newMemory(100);
    for (let time = 1; time <= maxSameOutcomes; time++) {
      expect(guardReason(memory, taken(1))).toBeNull();
      rememberOutcome(memory, { state: 'succeeded', fingerprint: `other ${time}` });
      rememberOutcome(memory, { state: 'succeeded', fingerprint: 'there and back' });
    }
    expect(guardReason(memory, taken(1))).toBe('It has brought a file to the same content 3 times.');
  });

  it('remember no more contents than they need', () => {
    const memory = newMemory(100);
    for (let time = 0; time < 500; time++)
      rememberOutcome(memory, { state: 'succeeded', fingerprint: `content ${time}` });
    expect(memory.progress?.contents.length).toBe(50);
  });

  it('take over what a run remembered before circles were noticed', () => {
    const before = newMemory(100);
    delete before.progress;
    delete before.workedMs;
    rememberOutcome(before, { state: 'failed', fingerprint: 'x' });
    expect(guardReason(before, taken(1))).toBeNull();
  });

  it('stop a run that has worked for too long, and only one that has a limit', () => {
    const memory = newMemory(100);
    const long = { steps: 1, workedMs: 90 * 60_000 };
    expect(guardReason(memory, long)).toBeNull();
    expect(guardReason(memory, { ...long, maxWorkMs: 91 * 60_000 })).toBeNull();
    expect(guardReason(memory, { ...long, maxWorkMs: 90 * 60_000 })).toMatch(/worked for 90 minutes/);
  });

  it('begin anew, with as many steps again, when a person allows more', () => {
    const memory = newMemory(10);
    for (let turn = 0; turn < maxIdenticalCalls; turn++) rememberCalls(memory, [call('bash', 'unsafe', 'same')]);
    memory.refusedResults = 1;
    allowMore(memory, 10, 10);
    expect(guardReason(memory, taken(19))).toBeNull();
    expect(guardReason(memory, taken(20))).toMatch(/20 steps/);
    expect(memory.refusedResults).toBe(0);
  });

  it('remember by plain JSON, which continue-as-new carries', () => {
    const memory = newMemory(5);
    rememberCalls(memory, [call('bash')]);
    expect(JSON.parse(JSON.stringify(memory))).toEqual(memory);
  });
});

describe('batches', () => {
  const shape = (turn: PlannedCall[]) => batchesOf(turn).map((batch) => batch.map(({ name }) => name));

  it('put reads side by side and everything else alone, in the order of the model', () => {
    const read = (name: string) => call(name, 'idempotent');
    expect(
      shape([read('read'), read('grep'), call('write'), read('list'), read('glob'), call('bash'), call('write')]),
    ).toEqual([['read', 'grep'], ['write'], ['list', 'glob'], ['bash'], ['write']]);
  });

  it('run a tool alone that may be repeated but is no reader', () => {
    expect(shape([call('write', 'idempotent'), call('write', 'idempotent')])).toEqual([['write'], ['write']]);
  });

  it('never put finish, questions or unknown tools beside others', () => {
    expect(shape([call('read', 'idempotent'), call('ask_human', 'control'), call('read', null)])).toEqual([
      ['read'],
      ['ask_human'],
      ['read'],
    ]);
  });

  it('are none for a turn without calls', () => {
    expect(shape([])).toEqual([]);
  });
});
