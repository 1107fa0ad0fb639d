import { describe, expect, it } from 'vitest';
import { settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();
const merged = { state: 'merged', commit: 'landing' };
const moves = (world: World) => world.inputs('moveChangeRequest').map(({ to }) => to);

describe('landing', () => {
  it('publishes, checks the commit that lands with every gate, moves the target and records the merge', async () => {
    const world = newWorld();
    await start.changeRequest(world, 'a');
    expect(await world.result()).toEqual(merged);
    expect(world.steps).toEqual([
      'publishChange',
      'prepareLanding',
      'runGate',
      'runGate',
      'completeLanding',
      'recordMerged',
    ]);
    expect(moves(world)).toEqual(['open', 'ready', 'merging']);
    expect(world.inputs('runGate').map(({ phase, gate }) => [phase, gate])).toEqual([
      ['landing', 'lint'],
      ['landing', 'test'],
    ]);
    expect(new Set(world.calls('prepareLanding').map(({ queue }) => queue))).toEqual(new Set([world.hostQueue]));
  });

  it('that was done before a crash is found again and recorded', async () => {
    const world = newWorld();
    world.next('prepareLanding', { outcome: 'already_landed', commit: 'before' });
    await start.changeRequest(world, 'a');
    expect(await world.result()).toEqual({ state: 'merged', commit: 'before' });
    expect(world.calls('completeLanding')).toEqual([]);
    expect(world.inputs('recordMerged')).toMatchObject([{ commit: 'before' }]);
  });

  it('is prepared and checked again when the target has moved, with a round of its own', async () => {
    const world = newWorld();
    world.next('completeLanding', { outcome: 'target_moved' });
    await start.changeRequest(world, 'a');
    expect(await world.result()).toEqual(merged);
    expect(world.inputs('prepareLanding').map(({ round }) => round)).toEqual([0, 1]);
    expect(world.inputs('runGate').map(({ round }) => round)).toEqual([0, 0, 1, 1]);
  });

  it('runs every gate although one fails, moves nothing and says on which target', async () => {
    const world = newWorld();
    world.next('runGate', { name: 'lint', state: 'timed_out', exitCode: null, durationMs: 1, tail: '' });
    await start.changeRequest(world, 'a');
    expect(await world.result()).toEqual({ state: 'gates_failed', targetCommit: 'target' });
    expect(world.calls('runGate')).toHaveLength(2);
    expect(world.calls('completeLanding')).toEqual([]);
    expect(moves(world)).toEqual(['open', 'checks_failing']);
  });

  it('does not count a gate that did not run as passed', async () => {
    const world = newWorld();
    world.next('runGate', { name: 'lint', state: 'not_run', exitCode: null, durationMs: 1, tail: '' });
    await start.changeRequest(world, 'a');
    expect(await world.result()).toMatchObject({ state: 'gates_failed' });
  });

  it('that conflicts names the files and the target', async () => {
    const world = newWorld();
    world.next('prepareLanding', { outcome: 'conflict', targetCommit: 'theirs', files: ['a.txt'] });
    await start.changeRequest(world, 'a');
    expect(await world.result()).toEqual({ state: 'conflict', targetCommit: 'theirs', files: ['a.txt'] });
    expect(moves(world)).toEqual(['changes_requested']);
  });

  it('of nothing new closes the change request', async () => {
    const world = newWorld();
    world.next('prepareLanding', { outcome: 'empty' });
    await start.changeRequest(world, 'a');
    expect(await world.result()).toMatchObject({ state: 'closed' });
    expect(moves(world)).toEqual(['closed']);
  });

  it('on a checkout with uncommitted changes touches nothing and says where and what', async () => {
    const world = newWorld();
    const files = ['1', '2', '3', '4', '5', '6', '7'];
    world.next('completeLanding', { outcome: 'checkout_dirty', files, checkout: '/home/somebody/stock' });
    await start.changeRequest(world, 'a');
    expect(await world.result()).toEqual({
      state: 'checkout_dirty',
      detail: expect.stringMatching(/\/home\/somebody\/stock .*\(1, 2, 3, 4, 5 and 2 more\)/) as string,
    });
    expect(moves(world)).toEqual(['open', 'ready', 'merging', 'ready']);
  });
});

describe('a pause', () => {
  for (const { during, next } of [
    { during: 'publishChange', next: 'prepareLanding' },
    { during: 'prepareLanding', next: 'runGate' },
    { during: 'runGate', next: 'completeLanding' },
  ] as const) {
    it(`during ${during} holds before ${next}, says so, and resuming goes on`, async () => {
      const world = newWorld();
      world.gates = ['test'];
      const held = world.hold(during);
      await start.changeRequest(world, 'a');
      await held.reached;
      await world.pause();
      held.release();
      await world.saysPaused(world.changeRequestId('a'));
      await settle();
      expect(world.calls(next)).toEqual([]);
      await world.resume();
      expect(await world.result()).toEqual(merged);
    });
  }

  it('holds between two gates', async () => {
    const world = newWorld();
    const held = world.hold('runGate');
    await start.changeRequest(world, 'a');
    await held.reached;
    await world.pause();
    held.release();
    await world.saysPaused(world.changeRequestId('a'));
    expect(world.calls('runGate')).toHaveLength(1);
    await world.resume();
    expect(await world.result()).toEqual(merged);
  });
});

describe('a cancel', () => {
  it('before the merge ends what runs and closes the change request', async () => {
    const world = newWorld();
    const gate = world.hold('runGate');
    const run = await start.changeRequest(world, 'a');
    await gate.reached;
    await world.cancel();
    await expect(run.result()).rejects.toThrow();
    expect(world.calls('runGate').map(({ state }) => state)).toEqual(['cancelled']);
    expect(moves(world)).toEqual(['open', 'closed']);
  });

  it('while it is paused closes it too', async () => {
    const world = newWorld();
    world.orders.paused = true;
    const run = await start.changeRequest(world, 'a');
    await world.saysPaused(world.changeRequestId('a'));
    await world.cancel();
    await expect(run.result()).rejects.toThrow();
    expect(moves(world)).toEqual(['closed']);
  });

  it('that comes while the target is moved lets the merge happen and be recorded', async () => {
    const world = newWorld();
    const landing = world.hold('completeLanding');
    const run = await start.changeRequest(world, 'a');
    await landing.reached;
    await world.cancel();
    await run.cancel();
    await settle();
    landing.release();
    expect(await world.result()).toEqual(merged);
    expect(world.calls('recordMerged')).toHaveLength(1);
    expect(moves(world)).not.toContain('closed');
  });
});
