import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { branch, createTaskWorld, repositoryId, trailers } from './task-world.fixture.js';

describe('mergeTargetIntoWorktree', () => {
  async function conflicting() {
    const world = await createTaskWorld();
    world.work.write('a.txt', 'one\nmine\nthree\n');
    world.origin.write('a.txt', 'one\ntheirs\nthree\n');
    world.origin.write('c.txt', 'c\n');
    const targetCommit = world.origin.commit('theirs');
    await world.git_.syncMirror({ repositoryId, location: world.origin.path });
    const merge = () => world.git_.mergeTargetIntoWorktree({ worktreePath: world.work.path, targetCommit, trailers });
    return { ...world, targetCommit, merge };
  }

  it('leaves markers for the agent, says so again, and the next checkpoint is a merge', async () => {
    const { work, merge, save, targetCommit } = await conflicting();
    expect(await merge()).toEqual({ state: 'conflict', files: ['a.txt'] });
    expect(await merge()).toEqual({ state: 'conflict', files: ['a.txt'] });
    expect(work.read('a.txt')).toMatch(/<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>>/);
    work.write('a.txt', 'one\nboth\nthree\n');
    const { commit } = await save();
    expect(work.git('rev-parse', `${branch}^2`)).toBe(targetCommit);
    expect(work.git('rev-parse', branch)).toBe(commit);
    expect(await merge()).toEqual({ state: 'clean', files: [] });
    expect(work.git('status')).not.toContain('merging');
  });

  it('starts over when it was killed in the middle', async () => {
    const { work, merge, git_, targetCommit } = await conflicting();
    const { commit } = await git_.checkpoint({ worktreePath: work.path, message: 'work', trailers });
    const admin = join(git_.mirrorPath(repositoryId), 'worktrees/task_1');
    writeFileSync(join(admin, 'fermata-merging'), `${commit} ${targetCommit}`);
    work.write('a.txt', '<<<<<<< HEAD\nhalf');
    expect(await merge()).toEqual({ state: 'conflict', files: ['a.txt'] });
    expect(work.read('a.txt').match(/<<<<<<</g)).toHaveLength(1);
  });
});
