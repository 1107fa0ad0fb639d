import { readFileSync, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { addRepository, readRun, runEnd, submitGoal } from '../support/goals.js';
import { Barrier, call, finishes, planOf, type Turn, useModel } from '../support/model.js';
import { expectUnharmed, inGate, inLanding, inModelCall, inTool, timesAsked } from '../support/positions.js';
import { landedOn, makeRepository } from '../support/small-repository.js';
import { until } from '../support/until.js';

const model = useModel();
const fermata = useFermata(() => model.environment());
const stage = { fermata, model };

async function agentProcesses(): Promise<string[]> {
  const worker = await fermata.held.pidOf('worker');
  const found = await fermata.held.agentProcesses();
  return found.filter(({ pid }) => pid !== worker).map(({ command }) => command);
}

/** The file in the worktree of the one task of a run. */
async function fileOf(okrRunId: string): Promise<string> {
  const [task] = (await readRun(fermata.held, okrRunId)).tasks;
  return join(fermata.dataDir, 'work', 'worktrees', task!.id, 'count.txt');
}

/** Kills the worker as soon as the file says so after `go`: it has hardly had the time to say what it has done. */
async function killedWhen(file: string, { says, go }: { says: string; go: () => void }): Promise<void> {
  const worker = await fermata.held.pidOf('worker');
  const watching = new AbortController();
  const killed = new Promise<void>((resolve) => {
    watch(dirname(file), { signal: watching.signal }, () => {
      if (readFileSync(file, 'utf8') !== says || !isAlive(worker)) return;
      process.kill(worker, 'SIGKILL');
      resolve();
    });
  });
  go();
  await killed;
  watching.abort();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('kill -9 of the worker', () => {
  it('during a tool, a model call, a gate and a landing at once: every run ends as if nothing had happened', async () => {
    const heard: string[] = [];
    const tool = await inTool(stage, 'tool', (result) => heard.push(result));
    const asked = await inModelCall(stage, 'call');
    const gate = await inGate(stage, 'gate');
    const landing = await inLanding(stage, 'landing');
    const all = [tool, asked, gate, landing];
    await Promise.all(all.map((position) => position.arrived()));

    await fermata.held.kill('worker');

    // What the dead worker had started is ended by the next one; the model's answer may come, nobody heard the first.
    await until('the processes of the dead worker to end', async () => (await agentProcesses()).length === 0);
    await asked.letGo();
    await landing.letGo();
    for (const position of all) await expectUnharmed(stage, position);

    expect(await tool.begun()).toBe(1);
    expect(heard).toEqual([expect.stringContaining('Outcome unknown')]);
    expect(await asked.begun()).toBe(2);
    expect(timesAsked(stage, 'call').toSorted()).toEqual([1, 1, 2]);
    expect(timesAsked(stage, 'tool')).toEqual([1, 1, 1, 1]);
    expect(timesAsked(stage, 'gate')).toEqual([1, 1, 1]);
    expect(timesAsked(stage, 'landing')).toEqual([1, 1, 1]);
    expect(await agentProcesses()).toEqual([]);
  });

  it('the moments that edits are in their file: each is made once, and the model hears so', async () => {
    const location = await makeRepository(join(fermata.folder, 'repositories', 'counted'), {
      'count.txt': 'count 0\n',
    });
    const heard: string[] = [];
    const barriers = new Map([2, 4].map((count) => [count, new Barrier()]));
    const edit = (to: number): Turn => {
      const input = { path: 'count.txt', old_string: `count ${to - 1}`, new_string: `count ${to}` };
      return async ({ lastToolResultText }) => {
        heard.push(lastToolResultText);
        await barriers.get(to)?.pass();
        return call('edit', input);
      };
    };
    model.plans('counted', [planOf({ work: { title: 'Do counted' } })]);
    model.works('Do counted', [
      ...[1, 2, 3, 4, 5].map(edit),
      ({ lastToolResultText }) => {
        heard.push(lastToolResultText);
        return finishes();
      },
    ]);
    const repositoryId = await addRepository(fermata.held, location, { gates: [] });
    const okrRunId = await submitGoal(fermata.held, repositoryId, { goal: 'Have counted done.' });

    for (const [count, barrier] of barriers) {
      await barrier.arrived;
      await killedWhen(await fileOf(okrRunId), { says: `count ${count}\n`, go: () => barrier.lift() });
    }

    const run = await runEnd(fermata.held, okrRunId);
    expect(run).toMatchObject({ state: 'completed', failure: null });
    expect(await readFile(join(location, 'count.txt'), 'utf8')).toBe('count 5\n');
    expect(await landedOn(location)).toHaveLength(1);
    // A call that was in flight is made again, and what is told then is the same.
    expect(heard.slice(1)).toEqual(
      heard.slice(1).map(() => expect.stringMatching(/^Replaced|already applied/) as string),
    );
    expect(model.server.failures()).toEqual([]);
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
