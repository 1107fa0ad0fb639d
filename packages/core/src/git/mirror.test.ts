import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createWorld, fingerprint } from './repository.fixture.js';

const repositoryId = 'repo_1';

describe('a repository that was there', () => {
  it('and is not now is away, which passes; one that never was is none', async () => {
    const world = createWorld();
    const origin = world.repository();
    origin.commit('start');
    const git = world.git();
    const { path: location } = origin;
    await expect(git.syncMirror({ repositoryId: 'repo_2', location: join(world.root, 'never') })).rejects.toMatchObject(
      {
        code: 'not_a_repository',
        retryable: false,
      },
    );
    await git.syncMirror({ repositoryId, location });
    renameSync(location, `${location}.away`);
    for (const left of ['nothing', 'an empty folder']) {
      if (left !== 'nothing') mkdirSync(location);
      for (const way of [
        () => git.syncMirror({ repositoryId, location }),
        () => git.publishBranch({ repositoryId, location, branch: 'main' }),
      ])
        await expect(way(), left).rejects.toMatchObject({ code: 'repository_away', retryable: true });
    }
    rmdirSync(location);
    renameSync(`${location}.away`, location);
    expect(await git.syncMirror({ repositoryId, location })).toMatchObject({ defaultBranch: 'main' });
  });
});

describe('inspectRepository', () => {
  it('finds the top of a repository from any folder, link, linked worktree or file URL', async () => {
    const world = createWorld();
    const origin = world.repository('with space');
    origin.write('deep/er/file', 'x');
    const headCommit = origin.commit('start');
    origin.git('worktree', 'add', '-q', join(world.root, 'linked'), '-b', 'other');
    execFileSync('ln', ['-s', origin.path, join(world.root, 'link')]);
    const places = [
      origin.path,
      join(origin.path, 'deep/er'),
      join(world.root, 'link'),
      join(world.root, 'linked'),
      pathToFileURL(origin.path).href,
    ];
    for (const place of places) {
      expect(await world.git().inspectRepository(place)).toEqual({
        location: origin.path,
        defaultBranch: 'main',
        headCommit,
        bare: false,
      });
    }
  });

  it('tells a bare repository', async () => {
    const world = createWorld();
    const origin = world.repository();
    const headCommit = origin.commit('start');
    execFileSync('git', ['clone', '-q', '--bare', origin.path, join(world.root, 'bare.git')]);
    const location = join(world.root, 'bare.git');
    expect(await world.git().inspectRepository(location)).toEqual({
      location,
      defaultBranch: 'main',
      headCommit,
      bare: true,
    });
  });

  it('reports the branch that HEAD names, and main when it is detached', async () => {
    const world = createWorld();
    const origin = world.repository();
    origin.commit('start');
    origin.git('checkout', '-q', '-b', 'develop');
    expect(await world.git().inspectRepository(origin.path)).toMatchObject({ defaultBranch: 'develop' });
    origin.git('checkout', '-q', '--detach');
    expect(await world.git().inspectRepository(origin.path)).toMatchObject({ defaultBranch: 'main' });
  });

  it('refuses what is no repository, a missing path, and one without commits', async () => {
    const world = createWorld();
    const git = world.git();
    mkdirSync(join(world.root, 'plain'));
    await expect(git.inspectRepository(join(world.root, 'plain'))).rejects.toMatchObject({ code: 'not_a_repository' });
    await expect(git.inspectRepository(join(world.root, 'missing'))).rejects.toMatchObject({
      code: 'not_a_repository',
    });
    await expect(git.inspectRepository('ext::touch /tmp/pwned')).rejects.toMatchObject({ code: 'not_a_repository' });
    await expect(git.inspectRepository(world.repository('empty').path)).rejects.toMatchObject({
      code: 'repository_empty',
    });
  });

  it('says that a remote cannot be reached', async () => {
    const attempt = createWorld().git().inspectRepository('http://127.0.0.1:1/x.git');
    await expect(attempt).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('refuses a URL with a login, without showing it, before git is asked', async () => {
    const attempt = createWorld().git().inspectRepository('http://user:hunter2@127.0.0.1:1/x.git');
    const error = await attempt.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'invalid_input' });
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
  });
});

describe('syncMirror', () => {
  it('shows no login of a location that was added with one', async () => {
    const location = 'http://user:hunter2@127.0.0.1:1/x.git';
    const attempt = createWorld().git().syncMirror({ repositoryId, location });
    const error = await attempt.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
  });

  it('makes a mirror and follows new, moved and deleted branches', async () => {
    const world = createWorld();
    const git = world.git();
    const origin = world.repository();
    const first = origin.commit('start');
    origin.git('branch', 'gone');
    expect(await git.syncMirror({ repositoryId, location: origin.path })).toEqual({
      defaultBranch: 'main',
      headCommit: first,
    });
    const second = origin.commit('more');
    origin.git('branch', '-D', 'gone');
    origin.git('branch', 'fermata/published');
    expect(await git.syncMirror({ repositoryId, location: origin.path })).toEqual({
      defaultBranch: 'main',
      headCommit: second,
    });
    const refs = world.at(git.mirrorPath(repositoryId)).git('for-each-ref', '--format=%(refname)');
    expect(refs).toBe('refs/remotes/origin/main');
  });

  it('reports the branch that is asked for, and names one that is missing', async () => {
    const world = createWorld();
    const origin = world.repository();
    const commit = origin.commit('start');
    origin.git('branch', 'release');
    const of = { repositoryId, location: origin.path };
    expect(await world.git().syncMirror({ ...of, branch: 'release' })).toEqual({
      defaultBranch: 'release',
      headCommit: commit,
    });
    await expect(world.git().syncMirror({ ...of, branch: 'nope' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('leaves nothing behind when it fails, and abandons what a crash left', async () => {
    const world = createWorld();
    const git = world.git();
    await expect(git.syncMirror({ repositoryId, location: join(world.root, 'missing') })).rejects.toMatchObject({
      code: 'not_a_repository',
    });
    expect(readdirSync(join(world.dataDir, 'mirrors'))).toEqual([]);
    const half = join(world.dataDir, 'mirrors', '.draft-repo_1.git-x');
    mkdirSync(join(half, 'objects'), { recursive: true });
    utimesSync(half, 1, 1);
    const origin = world.repository();
    origin.commit('start');
    await git.syncMirror({ repositoryId, location: origin.path });
    expect(existsSync(half)).toBe(false);
    expect(readdirSync(join(world.dataDir, 'mirrors'))).toEqual(['repo_1.git']);
  });

  it('works for a shallow repository', async () => {
    const world = createWorld();
    const origin = world.repository();
    origin.commit('one');
    const headCommit = origin.commit('two');
    const shallow = join(world.root, 'shallow');
    execFileSync('git', ['clone', '-q', '--depth=1', pathToFileURL(origin.path).href, shallow]);
    expect(await world.git().syncMirror({ repositoryId, location: shallow })).toEqual({
      defaultBranch: 'main',
      headCommit,
    });
  });

  it('stops when it is cancelled', async () => {
    const world = createWorld();
    const origin = world.repository();
    origin.commit('start');
    const signal = AbortSignal.abort(new Error('cancelled by the test'));
    await expect(world.git().syncMirror({ repositoryId, location: origin.path, signal })).rejects.toThrow(
      'cancelled by the test',
    );
  });

  it('removes a lock whose owner died, in the mirror only', async () => {
    const world = createWorld();
    const git = world.git({ lockPatienceMs: 300 });
    const origin = world.repository();
    origin.commit('start');
    const of = { repositoryId, location: origin.path };
    await git.syncMirror(of);
    origin.commit('more');
    const lock = join(git.mirrorPath(repositoryId), 'refs/remotes/origin/main.lock');
    writeFileSync(lock, '');
    await expect(git.syncMirror(of)).rejects.toMatchObject({ code: 'lock_contention', details: { lock } });
    utimesSync(lock, 1, 1);
    await expect(git.syncMirror(of)).resolves.toBeDefined();
  });

  it('serves ten tasks at once, from two processes’ worth of state', async () => {
    const world = createWorld();
    const [one, two] = [world.git(), world.git()];
    const origin = world.repository();
    for (let n = 0; n < 50; n++) origin.write(`file-${n}`, `${n}\n`);
    const baseCommit = origin.commit('start');
    const before = fingerprint(origin.path);
    const prepared = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        const git = n % 2 === 0 ? one : two;
        await git.syncMirror({ repositoryId, location: origin.path });
        return git.prepareWorktree({ repositoryId, worktreeId: `task_${n}`, branch: `fermata/t-${n}`, baseCommit });
      }),
    );
    for (const { path, head } of prepared) {
      expect(head).toBe(baseCommit);
      expect(world.at(path).git('status', '--porcelain')).toBe('');
      expect(readdirSync(path)).toHaveLength(51);
    }
    expect(fingerprint(origin.path)).toEqual(before);
  });
});

describe('removeMirror', () => {
  it('removes the mirror of a repository that nothing was made from, once', async () => {
    const world = createWorld();
    const git = world.git();
    const origin = world.repository();
    const commit = origin.commit('start');
    origin.git('tag', 'v1');
    await git.syncMirror({ repositoryId, location: origin.path });
    await git.prepareDetachedWorktree({ repositoryId, worktreeId: 'scratch', commit });
    expect(await git.removeMirror(repositoryId)).toBe(false);
    await git.releaseWorktree({ repositoryId, worktreeId: 'scratch' });
    expect(await git.removeMirror(repositoryId)).toBe(true);
    expect(readdirSync(join(world.dataDir, 'mirrors'))).toEqual([]);
    expect(await git.removeMirror(repositoryId)).toBe(false);
  });

  it('leaves one that has a branch or a kept commit of ours', async () => {
    const world = createWorld();
    const git = world.git();
    const origin = world.repository();
    const commit = origin.commit('start');
    await git.syncMirror({ repositoryId, location: origin.path });
    for (const ref of ['refs/heads/fermata/work', 'refs/fermata/kept/work']) {
      const mirror = world.at(git.mirrorPath(repositoryId));
      mirror.git('update-ref', ref, commit);
      expect(await git.removeMirror(repositoryId)).toBe(false);
      mirror.git('update-ref', '-d', ref);
    }
    expect(await git.removeMirror(repositoryId)).toBe(true);
  });
});
