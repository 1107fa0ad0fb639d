import { watch } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { useModel } from '../support/model.js';
import { expectUnharmed, inGate, inLanding, inModelCall, inTool, timesAsked } from '../support/positions.js';
import { until } from '../support/until.js';

const model = useModel();
const fermata = useFermata(() => model.environment());
const stage = { fermata, model };

async function agentProcesses(): Promise<string[]> {
  const worker = await fermata.held.pidOf('worker');
  const found = await fermata.held.agentProcesses();
  return found.filter(({ pid }) => pid !== worker).map(({ command }) => command);
}

describe('kill -9 of the worker', () => {
  it('during a tool, a model call, a gate and a landing at once: every run ends as if nothing had happened', async () => {
    const heard: string[] = [];
    const tool = await inTool(stage, 'tool', (result) => heard.push(result));
    const call = await inModelCall(stage, 'call');
    const gate = await inGate(stage, 'gate');
    const landing = await inLanding(stage, 'landing');
    const all = [tool, call, gate, landing];
    await Promise.all(all.map((position) => position.arrived()));

    await fermata.held.kill('worker');

    // What the dead worker had started is ended by the next one; the model's answer may come, nobody heard the first.
    await until('the processes of the dead worker to end', async () => (await agentProcesses()).length === 0);
    await call.letGo();
    await landing.letGo();
    for (const position of all) await expectUnharmed(stage, position);

    expect(await tool.begun()).toBe(1);
    expect(heard).toEqual([expect.stringContaining('Outcome unknown')]);
    expect(await call.begun()).toBe(2);
    expect(timesAsked(stage, 'call').toSorted()).toEqual([1, 1, 2]);
    expect(timesAsked(stage, 'tool')).toEqual([1, 1, 1, 1]);
    expect(timesAsked(stage, 'gate')).toEqual([1, 1, 1]);
    expect(timesAsked(stage, 'landing')).toEqual([1, 1, 1]);
    expect(await agentProcesses()).toEqual([]);
  });

  it('the moment the target branch has moved: the merge is recorded, not made again', async () => {
    const position = await inGate(stage, 'moved');
    await position.arrived();
    const refs = watch(join(position.location, '.git', 'refs', 'heads'));
    const worker = await fermata.held.pidOf('worker');
    const killed = new Promise<void>((resolve) => {
      refs.on('change', (_type, file) => {
        if (file !== 'main') return;
        process.kill(worker, 'SIGKILL');
        resolve();
      });
    });
    await position.letGo();
    await killed;
    refs.close();
    await expectUnharmed(stage, position);
    expect(timesAsked(stage, 'moved')).toEqual([1, 1, 1]);
  });
});
