import { describe, expect, it } from 'vitest';
import { fingerprint } from './repository.fixture.js';
import { branch, finishedTask, repositoryId } from './task-world.fixture.js';

describe('publishBranch', () => {
  async function publishing() {
    const world = await finishedTask();
    const of = { repositoryId, location: world.origin.path, branch };
    const theirs = () => world.origin.git('for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`);
    return { ...world, of, theirs, ours: () => world.work.git('rev-parse', branch) };
  }

  it('shows the branch in the user’s repository, follows it, and takes it down again', async () => {
    const { git_, of, theirs, ours, work, save, origin } = await publishing();
    const before = fingerprint(origin.path);
    for (let round = 0; round < 2; round++)
      expect(await git_.publishBranch(of)).toEqual({ state: 'published', commit: ours() });
    work.write('a.txt', 'amended\n');
    work.git('commit', '-q', '--amend', '-a', '-m', 'amended');
    await save();
    await git_.publishBranch(of);
    expect(theirs()).toBe(ours());
    expect(await git_.unpublishBranch(of)).toEqual({ state: 'removed' });
    expect(await git_.unpublishBranch(of)).toEqual({ state: 'absent' });
    expect(fingerprint(origin.path)).toEqual(before);
  });

  it('leaves a branch that a person committed to or has checked out', async () => {
    const { git_, of, origin, theirs, ours, work, save } = await publishing();
    await git_.publishBranch(of);
    origin.git('checkout', '-q', branch);
    expect(await git_.unpublishBranch(of)).toEqual({ state: 'left', commit: ours() });
    work.write('more', 'x');
    await save();
    expect(await git_.publishBranch(of)).toEqual({ state: 'left', commit: theirs() });
    origin.write('by-hand', 'x');
    const byHand = origin.commit('by hand');
    origin.git('checkout', '-q', 'main');
    expect(await git_.publishBranch(of)).toEqual({ state: 'left', commit: byHand });
    expect(await git_.unpublishBranch(of)).toEqual({ state: 'left', commit: byHand });
    expect(theirs()).toBe(byHand);
  });

  it('goes on after a crash between record and ref', async () => {
    const { git_, of, work, theirs, ours, save } = await publishing();
    await git_.publishBranch(of);
    work.write('more', 'x');
    await save();
    work.git('update-ref', `refs/fermata/published/${branch}`, ours());
    await git_.publishBranch(of);
    expect(theirs()).toBe(ours());
  });

  it('publishes nothing that is not ours', async () => {
    const { git_, of } = await publishing();
    await expect(git_.publishBranch({ ...of, branch: 'main' })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(git_.publishBranch({ ...of, branch: 'fermata/none' })).rejects.toMatchObject({ code: 'not_found' });
  });
});
