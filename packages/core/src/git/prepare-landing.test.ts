import { describe, expect, it } from 'vitest';
import { branch, createTaskWorld, finishedTask, repositoryId, trailers } from './task-world.fixture.js';

describe('prepareLanding', () => {
  it('makes one commit of all the work on top of the target, in a clean worktree, the same each time', async () => {
    const { work, git_, base, save, prepareLanding, at } = await createTaskWorld();
    for (const name of ['one', 'two', 'three']) {
      work.write(name, name);
      await save(name);
    }
    const prepared = await prepareLanding();
    const worktreePath = git_.worktreePath('landing_1');
    expect(prepared).toEqual({
      state: 'prepared',
      commit: expect.any(String) as string,
      targetCommit: base,
      worktreePath,
    });
    const landing = at(worktreePath);
    const commit = landing.git('rev-parse', 'HEAD');
    expect(landing.git('log', '--format=%H %P')).toBe(`${commit} ${base}\n${base}`);
    expect(landing.git('status', '--porcelain', '--ignored')).toBe('');
    const head = work.git('rev-parse', 'HEAD');
    expect(landing.git('log', '-1', '--format=%B')).toBe(
      `Do the work\n\nFermata-Task: task_1\nFermata-Agent: agt_1\nFermata-Head: ${head}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await prepareLanding()).toEqual({ ...prepared, commit });
  });

  it('follows a target that has moved, and takes a merged target out of the changes', async () => {
    const { work, origin, git_, save, prepareLanding } = await createTaskWorld();
    work.write('mine', 'x');
    await save();
    origin.write('theirs-1', 'x');
    const merged = origin.commit('theirs 1');
    await git_.syncMirror({ repositoryId, location: origin.path });
    await git_.mergeTargetIntoWorktree({ worktreePath: work.path, targetCommit: merged });
    origin.write('theirs-2', 'x');
    const targetCommit = origin.commit('theirs 2');
    const prepared = await prepareLanding();
    expect(prepared).toMatchObject({ state: 'prepared', targetCommit });
    expect(
      work.git('show', '--name-only', '--format=%P', 'commit' in prepared ? prepared.commit : '').split('\n'),
    ).toEqual([targetCommit, '', 'mine']);
  });

  it('names the files of a conflict and leaves nothing of it behind', async () => {
    const { work, origin, save, prepareLanding } = await createTaskWorld();
    work.write('a.txt', 'one\nmine\nthree\n');
    await save();
    origin.write('a.txt', 'one\ntheirs\nthree\n');
    const targetCommit = origin.commit('theirs');
    for (let round = 0; round < 2; round++) {
      expect(await prepareLanding()).toEqual({ state: 'conflict', targetCommit, files: ['a.txt'] });
    }
    origin.write('a.txt', 'one\ntwo\nthree\n');
    origin.commit('back');
    expect(await prepareLanding()).toMatchObject({ state: 'prepared' });
  });

  it('finds nothing to land in a branch without changes, and where the target has the same change already', async () => {
    const { work, origin, save, prepareLanding } = await createTaskWorld();
    expect(await prepareLanding()).toEqual({ state: 'empty' });
    work.write('a.txt', 'same\n');
    await save();
    origin.write('a.txt', 'same\n');
    origin.commit('by somebody else');
    expect(await prepareLanding()).toEqual({ state: 'empty' });
  });

  it('recognises a landed task by its trailer, however the target moved on', async () => {
    const { landing, base, origin, completeLanding, prepareLanding } = await finishedTask();
    await completeLanding(landing, base);
    origin.write('more', 'x');
    origin.commit('more\n\nFermata-Task: task_10');
    expect(await prepareLanding()).toEqual({ state: 'already_landed', commit: landing });
  });

  it('recognises a branch that a person merged', async () => {
    const { origin, git_, work, prepareLanding } = await finishedTask();
    await git_.publishBranch({ repositoryId, location: origin.path, branch });
    origin.git('merge', '-q', '--no-ff', branch);
    expect(await prepareLanding()).toEqual({ state: 'already_landed', commit: work.git('rev-parse', branch) });
  });

  it('lands what the agent did after a person had merged an earlier state of the branch', async () => {
    const { origin, git_, work, save, prepareLanding } = await finishedTask();
    await git_.publishBranch({ repositoryId, location: origin.path, branch });
    origin.git('merge', '-q', '--no-ff', branch);
    const targetCommit = origin.git('rev-parse', 'HEAD');
    work.write('later', 'x');
    await save();
    const prepared = await prepareLanding();
    expect(prepared).toMatchObject({ state: 'prepared', targetCommit });
    expect(work.git('show', '--name-only', '--format=', 'commit' in prepared ? prepared.commit : '')).toBe('later');
  });

  it('lands a change that was taken back after an earlier state had landed', async () => {
    const { work, origin, git_, save, prepareLanding } = await createTaskWorld();
    work.write('a.txt', 'mine\n');
    await save();
    work.write('b.txt', 'mistaken\n');
    await save();
    await git_.publishBranch({ repositoryId, location: origin.path, branch });
    origin.git('merge', '-q', '--no-ff', branch);
    work.write('b.txt', 'b\n');
    await save();
    expect(await prepareLanding()).toMatchObject({ state: 'prepared' });
  });

  it('lands what the agent did after its earlier state had landed', async () => {
    const { landing, base, work, save, completeLanding, prepareLanding } = await finishedTask();
    await completeLanding(landing, base);
    work.write('later', 'x');
    await save();
    const prepared = await prepareLanding();
    expect(prepared).toMatchObject({ state: 'prepared', targetCommit: landing });
    expect(work.git('show', '--name-only', '--format=', 'commit' in prepared ? prepared.commit : '')).toBe('later');
  });

  it('recognises a branch that a person rebased or squashed, and one that was landed before heads were named', async () => {
    const { origin, git_, work, save, prepareLanding } = await createTaskWorld();
    for (const name of ['one', 'two']) {
      work.write(name, name);
      await save(name);
    }
    await git_.publishBranch({ repositoryId, location: origin.path, branch });
    origin.write('theirs', 'x');
    const theirs = origin.commit('theirs');
    origin.git('cherry-pick', `${branch}~2..${branch}`);
    const rebased = origin.git('rev-parse', 'HEAD');
    expect(await prepareLanding()).toEqual({ state: 'already_landed', commit: rebased });
    origin.git('reset', '-q', '--hard', theirs);
    origin.git('merge', '-q', '--squash', branch);
    const squashed = origin.commit('Do the work\n\nFermata-Task: task_1');
    origin.write('one', 'changed since');
    origin.commit('more');
    expect(await prepareLanding()).toEqual({ state: 'already_landed', commit: squashed });
  });

  it('names a missing branch, target or trailer', async () => {
    const { git_, origin, base } = await createTaskWorld();
    const order = {
      repositoryId,
      location: origin.path,
      worktreeId: 'l',
      branch,
      baseCommit: base,
      targetBranch: 'main',
      message: 'm',
      trailers,
    };
    await expect(git_.prepareLanding({ ...order, branch: 'fermata/none' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(git_.prepareLanding({ ...order, targetBranch: 'none' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(git_.prepareLanding({ ...order, trailers: {} })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
