import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { ask, readRun } from '../support/goals.js';
import { useModel } from '../support/model.js';
import { expectUnharmed, inModelCall, inTool, timesAsked } from '../support/positions.js';
import { until } from '../support/until.js';

const model = useModel();
const fermata = useFermata(() => model.environment());
const stage = { fermata, model };

const readHosts = '{ status { hosts { alive } waiting { kind } } }';

async function status(): Promise<{ alive: boolean; waitsFor: Set<string> }> {
  interface Answer {
    status: { hosts: { alive: boolean }[]; waiting: { kind: string }[] };
  }
  const { hosts, waiting } = (await ask<Answer>(fermata.held, readHosts)).status;
  return { alive: hosts.some(({ alive }) => alive), waitsFor: new Set(waiting.map(({ kind }) => kind)) };
}

describe('a process that hangs instead of dying', () => {
  it('the worker: its items stop claiming to be at work, it is ended and started again, and they go on', async () => {
    const heard: string[] = [];
    const tool = await inTool(stage, 'tool', (result) => heard.push(result));
    const call = await inModelCall(stage, 'call');
    await Promise.all([tool.arrived(), call.arrived()]);
    expect(await status()).toMatchObject({ alive: true, waitsFor: new Set(['work']) });

    const restarted = fermata.held.hang('worker');
    await until('the silence to be said', async () => {
      const { waitingOn } = await readRun(fermata.held, tool.okrRunId);
      return waitingOn?.kind === 'worker' && waitingOn.detail.includes('has not been heard of since');
    });
    expect(await status()).toEqual({ alive: false, waitsFor: new Set(['worker']) });
    await restarted;

    await until('the worker to be alive again', async () => (await status()).alive);
    await call.letGo();
    for (const position of [tool, call]) await expectUnharmed(stage, position);
    expect(await tool.begun()).toBe(1);
    expect(heard).toEqual([expect.stringContaining('Outcome unknown')]);
    expect(timesAsked(stage, 'call').toSorted()).toEqual([1, 1, 2]);
  });

  it('API, Temporal and Postgres at once: each is ended and started again, and what was under way goes on', async () => {
    const tool = await inTool(stage, 'servers', () => undefined);
    await tool.arrived();
    await fermata.held.hang('api', 'temporal', 'postgres');
    const hung = fermata.held.steps.filter(({ state }) => state === 'hung').map(({ part }) => part);
    expect(hung.toSorted()).toEqual(['api', 'postgres', 'temporal', 'worker']);
    await tool.letGo();
    await expectUnharmed(stage, tool);
    expect(await tool.begun()).toBe(1);
    expect(new Set(timesAsked(stage, 'servers'))).toEqual(new Set([1]));
  });
});
