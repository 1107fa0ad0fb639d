import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { LandingQueue } from '../testing/landing-queue.fixture.js';
import { eventually, settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();
const merged = { state: 'merged', commit: 'landing' };
const cr = (world: World, task = 'a') => world.changeRequestId(task);

/** A run of its own that lands on a branch that others land on too. */
function landingOn(landings: LandingQueue): World {
  const world = newWorld();
  world.landings = landings;
  return world;
}

/** Two runs: `first` has the turn and is held in its first gate, `second` waits for it. */
async function oneBehindAnother(landings = new LandingQueue()) {
  const first = landingOn(landings);
  const second = landingOn(landings);
  const gate = first.hold('runGate');
  const holder = await start.changeRequest(first, 'a');
  await gate.reached;
  await start.changeRequest(second, 'a');
  await second.says(cr(second), { kind: 'slot' });
  return { first, second, gate, holder };
}

const isIn = (world: World) => world.landings.waiting.includes(cr(world));

describe('change requests that land on one branch', () => {
  it('take turns in the order in which they came, with one round of gates each', async () => {
    const world = newWorld();
    world.gates = ['test'];
    const gate = world.hold('runGate');
    const runs = [await start.changeRequest(world, 'a')];
    await gate.reached;
    for (const task of ['b', 'c']) {
      runs.push(await start.changeRequest(world, task));
      await world.says(cr(world, task), { kind: 'slot' });
    }
    expect(world.calls('prepareLanding')).toHaveLength(1);
    gate.release();
    expect(await Promise.all(runs.map((run) => run.result()))).toEqual([merged, merged, merged]);
    const landing = ['prepareLanding', 'runGate', 'completeLanding'];
    expect(world.steps.filter((step) => landing.includes(step))).toEqual([...landing, ...landing, ...landing]);
    expect(world.inputs('completeLanding').map(({ changeRequestId }) => changeRequestId)).toEqual(
      ['a', 'b', 'c'].map((task) => cr(world, task)),
    );
    expect(world.inputs('runGate').map(({ round }) => round)).toEqual([0, 0, 0]);
    expect(world.landings.waiting).toEqual([]);
    expect(world.lies).toEqual([]);
  });

  it('say whose turn is before theirs and how many wait, also when they move up, and the task says so too', async () => {
    const world = newWorld();
    world.gates = ['test'];
    world.landings.askAgainInMs = 200;
    const [first, second] = [world.hold('runGate'), world.hold('runGate')];
    await start.changeRequest(world, 'a');
    await first.reached;
    await start.changeRequest(world, 'b');
    const turn = { kind: 'slot', releasableBy: ['fermata'] } as const;
    const [one, two] = [1, 2].map((n) => `Waits for its turn to land on main; ${n} before it.`) as [string, string];
    await world.says(cr(world, 'b'), { ...turn, detail: one, subjectId: cr(world, 'a') });
    await world.says(world.taskId('b'), { ...turn, detail: one, subjectId: cr(world, 'a') });
    await start.changeRequest(world, 'c');
    await world.says(cr(world, 'c'), { ...turn, detail: two, subjectId: cr(world, 'b') });
    first.release();
    await second.reached;
    await world.says(cr(world, 'b'), { kind: 'work' });
    await world.says(cr(world, 'c'), { ...turn, detail: one, subjectId: cr(world, 'b') });
    // Asking again without having moved up says nothing new.
    await settle();
    const said = world.rows.history.filter(({ id, waiting }) => id === cr(world, 'c') && waiting.kind === 'slot');
    expect(said.map(({ waiting }) => waiting.detail)).toEqual([two, one]);
    second.release();
    expect(await world.result()).toEqual(merged);
  });

  it('wait for nobody when nobody is there, and say nothing of it', async () => {
    const world = newWorld();
    await start.changeRequest(world, 'a');
    expect(await world.result()).toEqual(merged);
    expect(world.calls('takeLandingTurn')).toHaveLength(1);
    expect(world.rows.history.filter(({ waiting }) => waiting.kind === 'slot')).toEqual([]);
  });

  it('go on by themselves, after a while, when the nudge is lost', async () => {
    const landings = new LandingQueue();
    landings.losesNudges = true;
    landings.askAgainInMs = 1_000;
    const { second, gate, holder } = await oneBehindAnother(landings);
    gate.release();
    expect(await holder.result()).toEqual(merged);
    expect(await second.result()).toEqual(merged);
  });

  it('do not wait for one whose workflow was terminated, once its change request is closed', async () => {
    const landings = new LandingQueue();
    landings.askAgainInMs = 300;
    const { first, second, holder } = await oneBehindAnother(landings);
    await holder.terminate('by hand');
    await settle();
    expect(second.calls('prepareLanding')).toEqual([]);
    // As its task does it when it finds it ended. It nudges nobody.
    landings.ended.add(cr(first));
    expect(await second.result()).toEqual(merged);
  });
});

describe('the turn', () => {
  const outcomes: { ends: string; given: (world: World) => void; state: string | null }[] = [
    { ends: 'it is merged', given: () => undefined, state: 'merged' },
    {
      ends: 'its gates fail',
      given: (world) => world.next('runGate', { name: 'x', state: 'failed', exitCode: 1, durationMs: 1, tail: '' }),
      state: 'gates_failed',
    },
    {
      ends: 'the checkout has changes',
      given: (world) => world.next('completeLanding', { outcome: 'checkout_dirty', files: [], checkout: '/x' }),
      state: 'checkout_dirty',
    },
    {
      ends: 'a lock does not go away',
      given: (world) => world.next('completeLanding', { outcome: 'locked', detail: 'x' }),
      state: 'checkout_dirty',
    },
    {
      ends: 'it fails',
      given: (world) =>
        world.nextDoes('completeLanding', async () => {
          throw ApplicationFailure.nonRetryable('No.', 'git_failed');
        }),
      state: null,
    },
    {
      ends: 'its merge cannot be recorded',
      given: (world) =>
        world.nextDoes('recordMerged', async () => {
          throw ApplicationFailure.nonRetryable('Somebody rewrote it.', 'conflict');
        }),
      state: null,
    },
  ];
  for (const { ends, given, state } of outcomes) {
    it(`goes to the next when ${ends}`, async () => {
      const { first, second, gate, holder } = await oneBehindAnother();
      given(first);
      gate.release();
      const outcome = await holder.result().catch(() => ({ state: null }));
      expect(outcome.state).toBe(state);
      expect(isIn(first)).toBe(false);
      expect(await second.result()).toEqual(merged);
    });
  }

  for (const { ends, prepared, state } of [
    { ends: 'it conflicts', prepared: { outcome: 'conflict', targetCommit: 't', files: [] }, state: 'conflict' },
    { ends: 'there is nothing to land', prepared: { outcome: 'empty' }, state: 'closed' },
    { ends: 'it had landed before', prepared: { outcome: 'already_landed', commit: 'c' }, state: 'merged' },
  ] as const) {
    it(`goes to the next when ${ends}`, async () => {
      const first = newWorld();
      const second = landingOn(first.landings);
      first.next('prepareLanding', prepared);
      const preparing = first.hold('prepareLanding');
      const holder = await start.changeRequest(first, 'a');
      await preparing.reached;
      await start.changeRequest(second, 'a');
      await second.says(cr(second), { kind: 'slot' });
      preparing.release();
      expect(await holder.result()).toMatchObject({ state });
      expect(isIn(first)).toBe(false);
      expect(await second.result()).toEqual(merged);
    });
  }

  it('goes to the next when the branch has moved: the record of the merge keeps nobody waiting', async () => {
    const { first, second, gate, holder } = await oneBehindAnother();
    const recording = first.hold('recordMerged');
    gate.release();
    await recording.reached;
    expect(await second.result()).toEqual(merged);
    recording.release();
    expect(await holder.result()).toEqual(merged);
    expect(first.calls('leaveLandingQueue')).toHaveLength(1);
  });

  it('goes to the next when it is cancelled, after its change request is closed', async () => {
    const { first, second, holder } = await oneBehindAnother();
    await holder.cancel();
    await expect(holder.result()).rejects.toThrow();
    expect(first.log.map(({ name }) => name).slice(-2)).toEqual(['moveChangeRequest', 'leaveLandingQueue']);
    expect(await second.result()).toEqual(merged);
  });

  it('is kept when somebody from outside moved the branch', async () => {
    const { first, second, gate, holder } = await oneBehindAnother();
    first.next('completeLanding', { outcome: 'target_moved' });
    const again = first.hold('prepareLanding');
    gate.release();
    await again.reached;
    await settle();
    expect(first.calls('leaveLandingQueue')).toEqual([]);
    expect(second.calls('prepareLanding')).toEqual([]);
    again.release();
    expect(await holder.result()).toEqual(merged);
    expect(first.inputs('runGate').map(({ round }) => round)).toEqual([0, 0, 1, 1]);
    expect(await second.result()).toEqual(merged);
  });

  it('is not asked for by one that was never published', async () => {
    const world = newWorld();
    world.nextDoes('publishChange', async () => {
      throw ApplicationFailure.nonRetryable('It is closed.', 'conflict');
    });
    await start.changeRequest(world, 'a');
    await expect(world.result()).rejects.toThrow();
    expect([...world.calls('takeLandingTurn'), ...world.calls('leaveLandingQueue')]).toEqual([]);
  });
});

describe('a pause', () => {
  it('of the run that has the turn gives it to another run; resumed, it comes again and is prepared and checked anew', async () => {
    const { first, second, gate, holder } = await oneBehindAnother();
    await first.pause();
    gate.release();
    await first.saysPaused(cr(first));
    expect(await second.result()).toEqual(merged);
    expect(isIn(first)).toBe(false);
    expect(first.calls('runGate')).toHaveLength(1);
    await first.resume();
    expect(await holder.result()).toEqual(merged);
    expect(first.inputs('prepareLanding').map(({ round }) => round)).toEqual([0, 1]);
    expect(first.inputs('runGate').map(({ round, gate: name }) => [round, name])).toEqual([
      [0, 'lint'],
      [1, 'lint'],
      [1, 'test'],
    ]);
    expect(first.lies).toEqual([]);
  });

  it('after the last gate gives it away as well: the branch is not moved to what was checked before', async () => {
    const first = newWorld();
    first.gates = ['test'];
    const second = landingOn(first.landings);
    const gate = first.hold('runGate');
    const holder = await start.changeRequest(first, 'a');
    await gate.reached;
    await first.pause();
    gate.release();
    await first.saysPaused(cr(first));
    await start.changeRequest(second, 'a');
    expect(await second.result()).toEqual(merged);
    expect(first.calls('completeLanding')).toEqual([]);
    await first.resume();
    expect(await holder.result()).toEqual(merged);
    expect(first.calls('prepareLanding')).toHaveLength(2);
  });

  it('of a run that waits lets the others pass; resumed, it waits behind them', async () => {
    const { first, second, gate } = await oneBehindAnother();
    const third = landingOn(first.landings);
    const held = third.hold('runGate');
    await start.changeRequest(third, 'a');
    await third.says(cr(third), { kind: 'slot', subjectId: cr(second) });
    await second.pause();
    await second.saysPaused(cr(second));
    expect(isIn(second)).toBe(false);
    await second.resume();
    await second.says(cr(second), { kind: 'slot', subjectId: cr(third) });
    gate.release();
    await held.reached;
    expect(second.calls('prepareLanding')).toEqual([]);
    held.release();
    expect(await second.result()).toEqual(merged);
  });
});

describe('a cancel', () => {
  it('of one that waits closes it, takes it out of the queue and off its row', async () => {
    const { second, gate, holder } = await oneBehindAnother();
    const run = second.handle!;
    await second.cancel();
    await expect(run.result()).rejects.toThrow();
    expect(isIn(second)).toBe(false);
    expect(second.inputs('moveChangeRequest').map(({ to }) => to)).toEqual(['closed']);
    await eventually(() => expect(second.rows.get(second.taskId('a'))).toMatchObject({ kind: 'work' }));
    gate.release();
    expect(await holder.result()).toEqual(merged);
  });
});
