/** Goals that stand at a known point of their work until a test lets them go on: where to kill things. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { addRepository, finalStates, type Run, runEnd, runWhere, submitGoal } from './goals.js';
import type { TestFermata } from './fermata.js';
import { Barrier, bash, finishes, planOf, type TestModel, type Turn, writes } from './model.js';
import { git, landedOn, makeRepository } from './small-repository.js';
import { until } from './until.js';

export interface Stage {
  fermata: TestFermata;
  model: TestModel;
}

export interface Position {
  name: string;
  okrRunId: string;
  /** The user's repository. */
  location: string;
  /** Its task has come to the point. */
  arrived(): Promise<void>;
  letGo(): Promise<void>;
  /** How often the thing at this point has begun. */
  begun(): Promise<number>;
}

interface Play {
  work: readonly Turn[];
  gate?: string;
  /** Applied to the user's repository before the goal is given. */
  prepare?: (location: string) => Promise<void>;
  files?: Record<string, string>;
}

/** Files by which a shell command tells a test where it is, and waits for it. */
function witness(folder: string, name: string) {
  const [runs, go] = [join(folder, `${name}.runs`), join(folder, `${name}.go`)];
  const waits = `while [ ! -e '${go}' ]; do sleep 0.1; done`;
  return {
    tells: `echo run >> '${runs}'`,
    waits,
    /** The first run waits, later ones go through. */
    waitsOnce: `if [ "$(wc -l < '${runs}')" -lt 2 ]; then ${waits}; fi`,
    begun: async () => (await readFile(runs, 'utf8').catch(() => '')).split('\n').length - 1,
    letGo: () => writeFile(go, ''),
  };
}

const change = (name: string): Turn[] => [writes(`${name}.txt`, `${name}\n`), finishes()];

/** An agent's bash command is running. The turn after it is given what the model was told. */
export function inTool(stage: Stage, name: string, hears: (toolResult: string) => void): Promise<Position> {
  const { tells, waits, begun, letGo } = witness(stage.fermata.witnesses, name);
  const listening: Turn = ({ lastToolResultText }) => {
    hears(lastToolResultText);
    return writes(`${name}.txt`, `${name}\n`);
  };
  const work = [bash(`${tells}; ${waits}; echo finished`), listening, finishes()];
  return take(stage, name, { play: { work }, begun, letGo });
}

/** The model has been asked and has not answered. */
export function inModelCall(stage: Stage, name: string): Promise<Position> {
  const barrier = new Barrier();
  let asked = 0;
  const answer = barrier.before(writes(`${name}.txt`, `${name}\n`));
  const counted: Turn = (conversation) => {
    asked += 1;
    return typeof answer === 'function' ? answer(conversation) : answer;
  };
  const letGo = async () => barrier.lift();
  return take(stage, name, { play: { work: [counted, finishes()] }, begun: async () => asked, letGo });
}

/** A gate is running on the task's worktree. */
export function inGate(stage: Stage, name: string): Promise<Position> {
  const { tells, waitsOnce, begun, letGo } = witness(stage.fermata.witnesses, name);
  return take(stage, name, { play: { work: change(name), gate: `${tells}; ${waitsOnce}` }, begun, letGo });
}

/** Git is moving the files of the user's checkout: a filter of the user's holds it in the middle. */
export function inLanding(stage: Stage, name: string): Promise<Position> {
  const { tells, waitsOnce, begun, letGo } = witness(stage.fermata.witnesses, name);
  const prepare = async (location: string) => {
    await git(location, 'config', 'filter.slow.smudge', `${tells}; ${waitsOnce}; cat`);
    await git(location, 'config', 'filter.slow.clean', 'cat');
  };
  const files = { '.gitattributes': '*.txt filter=slow\n' };
  return take(stage, name, { play: { work: change(name), prepare, files }, begun, letGo });
}

interface Taking {
  play: Play;
  begun: () => Promise<number>;
  letGo: () => Promise<void>;
}

async function take({ fermata, model }: Stage, name: string, { play, begun, letGo }: Taking): Promise<Position> {
  const location = join(fermata.folder, 'repositories', name);
  await mkdir(location, { recursive: true });
  await makeRepository(location, play.files);
  await play.prepare?.(location);
  model.plans(name, [planOf({ work: { title: `Do ${name}` } })]);
  model.works(`Do ${name}`, play.work);
  const gates = [{ name: 'check', command: play.gate ?? 'test -e README.md' }];
  const repositoryId = await addRepository(fermata.held, location, { gates });
  const okrRunId = await submitGoal(fermata.held, repositoryId, { goal: `Have ${name} done.` });
  const arrived = async () => {
    let hasBegun = false;
    const is = ({ state }: Run) => hasBegun || finalStates.includes(state);
    const what = 'at the point of its work where it waits';
    const noticed = until(`${name} to begin`, async () => (hasBegun = (await begun()) > 0));
    const run = await runWhere(fermata.held, okrRunId, { what, is });
    expect(finalStates, JSON.stringify(run.failure)).not.toContain(run.state);
    await noticed;
  };
  return { name, okrRunId, location, arrived, letGo, begun };
}

/** The run ended as if nothing had happened: completed, merged once, nothing lost, nothing left over. */
export async function expectUnharmed({ fermata, model }: Stage, { name, okrRunId, location }: Position): Promise<Run> {
  const run = await runEnd(fermata.held, okrRunId);
  expect(run, name).toMatchObject({ state: 'completed', failure: null });
  const [task] = run.tasks;
  const landed = await landedOn(location);
  expect(landed, name).toEqual([{ commit: task!.changeRequest!.mergedCommit, tasks: [task!.id] }]);
  expect(await readFile(join(location, `${name}.txt`), 'utf8')).toBe(`${name}\n`);
  expect(await git(location, 'status', '--porcelain'), name).toBe('');
  expect(await git(location, 'for-each-ref', '--format=%(refname)'), name).toBe('refs/heads/main');
  expect(run.budget, name).toMatchObject({ heldMicros: 0, spentMicros: run.cost.micros });
  expect(model.server.failures()).toEqual([]);
  expect(model.server.repeatedRequests()).toEqual([]);
  return run;
}

/** How often each model call for the task and its review was asked, in order: 1, but where a call was in flight. */
export function timesAsked({ model }: Stage, name: string): number[] {
  const counts = new Map<string, number>();
  for (const { conversationDigest, body } of model.server.requests()) {
    if (conversationDigest === null || !JSON.stringify(body).includes(`Do ${name}`)) continue;
    counts.set(conversationDigest, (counts.get(conversationDigest) ?? 0) + 1);
  }
  return [...counts.values()];
}
