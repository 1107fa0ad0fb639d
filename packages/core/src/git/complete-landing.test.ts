import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectLanded } from './landed.fixture.js';
import { fingerprint } from './repository.fixture.js';
import { branch, createTaskWorld, finishedTask, repositoryId, type TaskWorld, trailers } from './task-world.fixture.js';

describe('completeLanding', () => {
  it('moves branch, index and files of the user’s checkout together, once', async () => {
    const world = await finishedTask();
    expect(await world.completeLanding(world.landing, world.base)).toEqual({ state: 'landed', commit: world.landing });
    expectLanded(world);
    expect(await world.completeLanding(world.landing, world.base)).toEqual({
      state: 'already_landed',
      commit: world.landing,
    });
    expect(readdirSync(join(world.dataDir, 'landings'))).toEqual([]);
  });

  it('touches nothing else of the repository: stash, configuration, other refs, untracked files', async () => {
    const { origin, landing, base, completeLanding } = await finishedTask();
    origin.write('stashed', 'x');
    origin.git('stash', '-u');
    origin.git('tag', 'v1');
    origin.git('branch', 'other');
    origin.write('untracked', 'keep');
    const before = fingerprint(origin.path);
    await completeLanding(landing, base);
    const after = fingerprint(origin.path);
    const changed = Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);
    const moved = ['.git/index', '.git/logs/HEAD', '.git/logs/refs/heads/main', '.git/refs/heads/main'];
    expect(changed.sort()).toEqual(
      [...moved, 'a.txt', 'becomes-folder', 'becomes-folder/inside', 'old', 'sub/new'].sort(),
    );
  });

  it('refuses a checkout with changes and names the files, changing nothing', async () => {
    const dirty: Record<string, (world: TaskWorld) => void> = {
      'b.txt': ({ origin }) => origin.write('b.txt', 'edited\n'),
      staged: ({ origin }) => (origin.write('staged', 'x'), origin.git('add', 'staged')),
      'a.txt': ({ origin }) => rmSync(join(origin.path, 'a.txt')),
      'sub/new': ({ origin }) => origin.write('sub/new', 'untracked, in the way\n'),
      sub: ({ origin }) => symlinkSync('elsewhere', join(origin.path, 'sub')),
    };
    for (const [file, make] of Object.entries(dirty)) {
      const world = await finishedTask();
      make(world);
      const before = fingerprint(world.origin.path);
      expect(await world.completeLanding(world.landing, world.base)).toEqual({
        state: 'checkout_dirty',
        checkout: world.origin.path,
        files: [file],
      });
      expect(fingerprint(world.origin.path)).toEqual(before);
    }
  });

  it('does not overwrite an ignored file that is in the way', async () => {
    const world = await finishedTask((repository) => repository.write('.gitignore', 'sub/\n'));
    world.work.git('add', '-f', 'sub/new');
    await world.save();
    const prepared = await world.prepareLanding();
    world.origin.write('sub/new', 'the user’s own\n');
    const commit = 'commit' in prepared ? prepared.commit : '';
    expect(await world.completeLanding(commit, world.base)).toMatchObject({
      state: 'checkout_dirty',
      files: ['sub/new'],
    });
    expect(world.origin.read('sub/new')).toBe('the user’s own\n');
  });

  it('waits for a merge or rebase of the user’s to end', async () => {
    const world = await finishedTask();
    const { origin, landing, base, completeLanding } = world;
    origin.git('checkout', '-q', '-b', 'side');
    origin.write('b.txt', 'side\n');
    origin.commit('side');
    origin.git('checkout', '-q', 'main');
    origin.git('merge', '-q', '--no-commit', '--no-ff', '-s', 'ours', 'side');
    expect(await completeLanding(landing, base)).toEqual({ state: 'checkout_dirty', checkout: origin.path, files: [] });
    origin.git('merge', '--abort');
    expect(() => origin.git('rebase', '-q', '--exec', 'false', '--root')).toThrow();
    expect(await completeLanding(landing, origin.git('rev-parse', 'main'))).toMatchObject({
      state: 'checkout_dirty',
      files: [],
    });
  });

  it('says when the target has moved', async () => {
    const { origin, landing, base, completeLanding } = await finishedTask();
    origin.write('more', 'x');
    const moved = origin.commit('more');
    expect(await completeLanding(landing, base)).toEqual({ state: 'target_moved' });
    origin.git('checkout', '-q', '--detach');
    expect(await completeLanding(landing, base)).toEqual({ state: 'target_moved' });
    expect(origin.git('rev-parse', 'main')).toBe(moved);
  });

  it('moves only the ref when the target is not checked out, and a bare repository', async () => {
    const { origin, landing, base, completeLanding, git_, root, at } = await finishedTask();
    origin.git('checkout', '-q', '-b', 'elsewhere');
    origin.write('a.txt', 'uncommitted\n');
    const bare = at(join(root, 'bare.git'));
    execFileSync('git', ['clone', '-q', '--bare', origin.path, bare.path]);
    expect(await completeLanding(landing, base)).toEqual({ state: 'landed', commit: landing });
    expect(origin.git('rev-parse', 'main', 'HEAD').split('\n')).toEqual([landing, base]);
    expect(origin.read('a.txt')).toBe('uncommitted\n');
    const order = { repositoryId, location: bare.path, commit: landing, targetBranch: 'main', expectedTarget: base };
    expect(await git_.completeLanding(order)).toEqual({ state: 'landed', commit: landing });
    expect(await git_.completeLanding(order)).toEqual({ state: 'already_landed', commit: landing });
    expect(bare.git('rev-parse', 'main')).toBe(landing);
  });

  it('updates a linked worktree that has the target checked out', async () => {
    const { origin, landing, base, completeLanding, root, at } = await finishedTask();
    origin.git('checkout', '-q', '-b', 'elsewhere');
    const linked = at(join(root, 'linked'));
    origin.git('worktree', 'add', '-q', linked.path, 'main');
    linked.write('b.txt', 'edited\n');
    expect(await completeLanding(landing, base)).toEqual({
      state: 'checkout_dirty',
      checkout: linked.path,
      files: ['b.txt'],
    });
    linked.git('checkout', '-q', 'b.txt');
    expect(await completeLanding(landing, base)).toEqual({ state: 'landed', commit: landing });
    expect(linked.read('sub/new')).toBe('new\n');
    expect(linked.git('status', '--porcelain') + origin.git('status', '--porcelain')).toBe('');
  });

  it('lands in a shallow clone', async () => {
    const world = await createTaskWorld();
    world.origin.commit('more');
    const shallow = world.at(join(world.root, 'shallow'));
    execFileSync('git', ['clone', '-q', '--depth=1', `file://${world.origin.path}`, shallow.path]);
    const of = { repositoryId: 'repo_2', location: shallow.path };
    const { headCommit } = await world.git_.syncMirror(of);
    const { path } = await world.git_.prepareWorktree({
      repositoryId: 'repo_2',
      worktreeId: 't',
      branch,
      baseCommit: headCommit,
    });
    world.at(path).write('new', 'x');
    await world.git_.checkpoint({ worktreePath: path, message: 'm', trailers });
    const prepared = await world.git_.prepareLanding({
      ...of,
      worktreeId: 'l',
      branch,
      baseCommit: headCommit,
      targetBranch: 'main',
      message: 'm',
      trailers,
    });
    const commit = 'commit' in prepared ? prepared.commit : '';
    expect(
      await world.git_.completeLanding({ ...of, commit, targetBranch: 'main', expectedTarget: headCommit }),
    ).toEqual({ state: 'landed', commit });
    expect(shallow.read('new')).toBe('x');
  });

  it('lets exactly one of two landings on the same target through', async () => {
    const world = await finishedTask();
    const { git_, base, origin } = world;
    await git_.prepareWorktree({ repositoryId, worktreeId: 'task_2', branch: 'fermata/two', baseCommit: base });
    world.at(git_.worktreePath('task_2')).write('two', 'x');
    await git_.checkpoint({
      worktreePath: git_.worktreePath('task_2'),
      message: 'two',
      trailers: { 'Fermata-Task': 'task_2' },
    });
    const second = await git_.prepareLanding({
      repositoryId,
      location: origin.path,
      worktreeId: 'l2',
      branch: 'fermata/two',
      baseCommit: base,
      targetBranch: 'main',
      message: 'two',
      trailers: { 'Fermata-Task': 'task_2' },
    });
    const commits = [world.landing, 'commit' in second ? second.commit : ''];
    // Two instances, as two processes would be.
    const others = [git_, world.git()];
    const states = await Promise.all(
      commits.map((commit, n) =>
        others[n]!.completeLanding({
          repositoryId,
          location: origin.path,
          commit,
          targetBranch: 'main',
          expectedTarget: base,
        }).then(
          ({ state }) => state,
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(states.filter((state) => state === 'landed')).toHaveLength(1);
    expect(['target_moved', 'checkout_dirty', 'lock_contention']).toContain(states.find((state) => state !== 'landed'));
    expect(origin.git('status', '--porcelain')).toBe('');
  });

  it('never removes somebody else’s lock in the user’s repository, and names it', async () => {
    const world = await finishedTask();
    const lock = join(world.origin.path, '.git/index.lock');
    writeFileSync(lock, '');
    execFileSync('touch', ['-d', '2001-01-01', lock]);
    const impatient = world.git({ lockPatienceMs: 200 });
    const order = {
      repositoryId,
      location: world.origin.path,
      commit: world.landing,
      targetBranch: 'main',
      expectedTarget: world.base,
    };
    await expect(impatient.completeLanding(order)).rejects.toMatchObject({
      code: 'lock_contention',
      details: { lock },
    });
    rmSync(lock);
    expect(await impatient.completeLanding(order)).toEqual({ state: 'landed', commit: world.landing });
    expectLanded(world);
  });
});
