import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { readRun } from '../support/goals.js';
import { useModel } from '../support/model.js';
import {
  expectUnharmed,
  inGate,
  inLanding,
  inModelCall,
  inTool,
  type Position,
  timesAsked,
} from '../support/positions.js';
import { until } from '../support/until.js';

const model = useModel();
const fermata = useFermata(() => model.environment());
const stage = { fermata, model };

interface Scene {
  tool: Position;
  call: Position;
  gate: Position;
  landing: Position;
  all: Position[];
  /** What the agent in the tool was told. */
  heard: string[];
}

/** Four goals, each at another point of its work. */
async function atWork(prefix: string): Promise<Scene> {
  const heard: string[] = [];
  const tool = await inTool(stage, `${prefix}-tool`, (result) => heard.push(result));
  const call = await inModelCall(stage, `${prefix}-call`);
  const gate = await inGate(stage, `${prefix}-gate`);
  const landing = await inLanding(stage, `${prefix}-landing`);
  const all = [tool, call, gate, landing];
  await Promise.all(all.map((position) => position.arrived()));
  return { tool, call, gate, landing, all, heard };
}

/** Every run ends well; no model call was asked twice but the one that was in flight. */
async function expectAllUnharmed({ tool, call, gate, landing, all, heard }: Scene): Promise<void> {
  await call.letGo();
  for (const position of all) await expectUnharmed(stage, position);
  expect(await tool.begun()).toBe(1);
  expect(heard).toHaveLength(1);
  expect(timesAsked(stage, call.name).toSorted()).toEqual([1, 1, 2]);
  expect(timesAsked(stage, tool.name)).toEqual([1, 1, 1, 1]);
  for (const { name } of [gate, landing]) expect(timesAsked(stage, name)).toEqual([1, 1, 1]);
}

describe('a Fermata of which more than the worker is killed', () => {
  it('kill -9 of the API, then of Postgres and Temporal together: what was under way goes on and is not begun again', async () => {
    const scene = await atWork('servers');
    await fermata.held.kill('api');
    expect((await readRun(fermata.held, scene.tool.okrRunId)).state).toBe('running');
    await fermata.held.kill('postgres', 'temporal');
    for (const position of scene.all) await position.letGo();
    for (const position of scene.all) await expectUnharmed(stage, position);
    expect(scene.heard).toEqual([expect.stringContaining('finished')]);
    for (const position of [scene.tool, scene.call]) expect(await position.begun()).toBe(1);
    for (const { name } of scene.all) expect(new Set(timesAsked(stage, name))).toEqual(new Set([1]));
  });

  it('kill -9 of the process that holds it: everything ends with it, and goes on when it is started again', async () => {
    const scene = await atWork('holder');
    await fermata.held.killHolder();
    // Git, in the user's repository, ends its command; of what agents and gates had running nothing is left.
    await scene.landing.letGo();
    await until('everything to end', async () => (await fermata.held.processes()).length === 0, { withinMs: 30_000 });
    await fermata.startAgain();
    await expectAllUnharmed(scene);
  });

  it('kill -9 of the process that holds it, and started again at once, while the worker has not ended yet', async () => {
    const tool = await inTool(stage, 'at-once', () => undefined);
    await tool.arrived();
    const worker = await fermata.held.pidOf('worker');
    // As slow as can be: it does not even hear that it is to end.
    process.kill(worker, 'SIGSTOP');
    await fermata.held.killHolderOnly();
    await fermata.startAgain();
    expect((await fermata.held.processes()).map(({ pid }) => pid)).not.toContain(worker);
    await expectUnharmed(stage, tool);
    expect(await tool.begun()).toBe(1);
  });

  it('a power cut: nothing is lost and nothing is repeated', async () => {
    const scene = await atWork('power');
    await fermata.held.cutPower();
    await fermata.startAgain();
    await expectAllUnharmed(scene);
  });
});
