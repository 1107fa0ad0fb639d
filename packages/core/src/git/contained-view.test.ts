import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ContainedWorld, createContainedWorld } from '../sandbox/contained-world.fixture.js';
import { branch, repositoryId, trailers } from './task-world.fixture.js';

const mirrorOf = (world: ContainedWorld) => world.at(world.git_.mirrorPath(repositoryId));
const tipOf = (world: ContainedWorld, ref = `refs/heads/${branch}`) => mirrorOf(world).git('rev-parse', ref);

async function inside(world: ContainedWorld, command: string): Promise<string> {
  const { exitCode, output } = await world.sh(command);
  expect(exitCode, `${command}\n${output}`).toBe(0);
  return output.trim();
}

describe('git in a sandbox', () => {
  it('shows status, differences and history of the worktree', async () => {
    const world = await createContainedWorld();
    expect(await inside(world, 'git status --porcelain && git branch --show-current')).toBe(branch);
    await inside(world, 'echo four >> a.txt');
    expect(await inside(world, 'git status --porcelain')).toBe('M a.txt');
    expect(await inside(world, 'git diff')).toContain('+four');
    expect(await inside(world, 'git log --format=%s')).toBe('start');
    expect(await inside(world, 'git log --format=%s origin/main')).toBe('start');
    expect(await inside(world, 'git rev-parse --show-toplevel')).toBe(world.work.path);
  });

  it("makes commits that are the task's, message and all", async () => {
    const world = await createContainedWorld();
    await inside(world, 'echo new > new && git add new && git commit -qm "By the agent" && git status --porcelain');
    expect(mirrorOf(world).git('log', '--format=%s', branch)).toBe('By the agent\nstart');
    expect(world.work.git('status', '--porcelain')).toBe('');
    expect(await world.save()).toMatchObject({ changed: false, commit: tipOf(world) });
    await inside(world, 'git commit -q --amend -m "Said better"');
    expect(mirrorOf(world).git('log', '--format=%s', branch)).toBe('Said better\nstart');
    expect(await inside(world, 'git log --format=%an')).toContain('Fermata');
  });

  it('follows what is committed outside', async () => {
    const world = await createContainedWorld();
    await inside(world, 'echo new > new');
    const { commit } = await world.save('Checkpoint after step 1');
    expect(await inside(world, 'git status --porcelain && git log -1 --format=%H-%s')).toBe(
      `${commit}-Checkpoint after step 1`,
    );
    world.origin.write('later.txt', 'x');
    world.origin.commit('later');
    await world.git_.syncMirror({ repositoryId, location: world.origin.path });
    world.work.write('more', '');
    await world.save();
    expect(await inside(world, 'git log -1 --format=%s origin/main')).toBe('later');
  });

  it('keeps what was taken out of the index, and what was put in although it is ignored', async () => {
    const world = await createContainedWorld();
    await inside(
      world,
      'git rm -q --cached b.txt && echo b.txt > .gitignore && echo log > x.log && echo "*.log" >> .gitignore',
    );
    await inside(world, 'git add -f x.log');
    const { commit } = await world.save();
    expect(mirrorOf(world).git('ls-tree', '--name-only', commit)).toBe('.gitignore\na.txt\nx.log');
    expect(await inside(world, 'ls b.txt && git status --porcelain')).toBe('b.txt');
  });

  it('lets the agent look around on older commits, and brings the work back at the end', async () => {
    const world = await createContainedWorld();
    await inside(world, 'echo one > new && git add . && git commit -qm one');
    const tip = tipOf(world);
    await inside(world, 'git checkout -q HEAD~1 && echo probe > probe');
    const { git_: git, work } = world;
    const ref = 'refs/fermata/checkpoints/run_1/1';
    await git.checkpoint({ worktreePath: work.path, message: 'looking', trailers, ref });
    expect(tipOf(world)).toBe(tip);
    expect(await inside(world, 'git status --porcelain; git log --format=%s')).toBe('?? probe\nstart');
    const { commit } = await git.checkpoint({ worktreePath: work.path, message: 'end', trailers, final: true });
    expect(tipOf(world)).toBe(commit);
    expect(await inside(world, 'git branch --show-current; git status --porcelain')).toBe(branch);
  });

  it('follows the agent onto a branch of its own', async () => {
    const world = await createContainedWorld();
    await inside(world, 'git checkout -qb mine && echo x > x && git add x && git commit -qm x && echo y > y');
    const { commit } = await world.save('y');
    expect(tipOf(world)).toBe(commit);
    expect(mirrorOf(world).git('log', '--format=%s', branch)).toBe('y\nx\nstart');
    expect(await inside(world, 'git branch --show-current; git log -1 --format=%s; git status --porcelain')).toBe(
      'mine\ny',
    );
  });

  it('keeps a stash and side branches for the next command, and their commits for ever', async () => {
    const world = await createContainedWorld();
    await inside(world, 'git checkout -qb side && echo s > s && git add s && git commit -qm side && git checkout -q -');
    await inside(world, 'echo changed > a.txt && git stash -q && git status --porcelain');
    expect(world.work.read('a.txt')).toBe('one\ntwo\nthree\n');
    expect(await inside(world, 'git stash pop -q && cat a.txt')).toBe('changed');
    await world.git_.releaseWorktree({ repositoryId, worktreeId: 'task_1', trailers });
    const kept = mirrorOf(world).git('for-each-ref', '--format=%(subject)', 'refs/fermata/kept');
    expect(kept).toContain('side');
    expect(kept).toContain(`WIP on ${branch}`);
  });

  it('shows a merge that came to a conflict, and takes its resolution', async () => {
    const world = await createContainedWorld();
    await inside(world, 'echo mine > a.txt && git commit -qam mine');
    world.origin.write('a.txt', 'theirs\n');
    const targetCommit = world.origin.commit('theirs');
    const { git_: git, work } = world;
    await git.syncMirror({ repositoryId, location: world.origin.path });
    const merged = await git.mergeTargetIntoWorktree({ worktreePath: work.path, targetCommit, trailers });
    expect(merged).toEqual({ state: 'conflict', files: ['a.txt'] });
    expect(await inside(world, 'git status --porcelain; git diff --name-only --diff-filter=U')).toBe('UU a.txt\na.txt');
    await inside(world, 'echo both > a.txt && git add a.txt');
    const { commit } = await world.save('resolved');
    expect(mirrorOf(world).git('log', '-1', '--format=%P', commit).split(' ')).toHaveLength(2);
    expect(await inside(world, 'git status --porcelain; git log -1 --format=%s')).toBe('resolved');
  });

  it('takes a merge of the agent, in the middle of its conflict too', async () => {
    const world = await createContainedWorld();
    await inside(world, 'git checkout -qb other && echo o > a.txt && git commit -qam other && git checkout -q -');
    await inside(world, 'echo m > a.txt && git commit -qam mine && ! git merge -q other');
    world.work.write('a.txt', 'both\n');
    const { commit } = await world.save('resolved');
    expect(mirrorOf(world).git('log', '-1', '--format=%P', commit).split(' ')).toHaveLength(2);
  });

  it('leaves a rebase to the agent, over several commands', async () => {
    const world = await createContainedWorld();
    await inside(
      world,
      'echo 1 > a.txt && git commit -qam 1 && git checkout -qb other HEAD~1 && echo 2 > a.txt && git commit -qam 2',
    );
    await inside(world, `git checkout -q ${branch} && ! git rebase -q other`);
    const before = tipOf(world);
    await world.save('in between');
    expect(tipOf(world)).toBe(before);
    await inside(world, 'echo 3 > a.txt && git add a.txt && GIT_EDITOR=true git rebase --continue');
    expect(mirrorOf(world).git('log', '--format=%s', branch)).toBe('1\n2\nstart');
  });

  it('has nothing to do, and does nothing, while the agent does not use git', async () => {
    const world = await createContainedWorld();
    await inside(world, 'true');
    const before = readdirSync(join(world.git_.sandboxFolder('task_1'), 'out'));
    await inside(world, 'echo x > x; git status; git log; git diff');
    expect(readdirSync(join(world.git_.sandboxFolder('task_1'), 'out'))).toEqual(before);
  });

  it('works again after the agent has destroyed its repository', async () => {
    const world = await createContainedWorld();
    await inside(world, 'echo x > x && git add x && git commit -qm x');
    await inside(world, 'rm -rf /run/fermata/git/* && ! git status');
    world.work.write('y', '');
    await world.save('y');
    expect(await inside(world, 'git log --format=%s && git status --porcelain')).toBe('y\nx\nstart');
  });
});

describe('our own git, after an agent had its hands on a worktree', () => {
  /** What our own git must never run; it leaves a file when it does. */
  const armed = (world: ContainedWorld) => {
    const planted = join(world.root, 'ran-outside');
    return { planted, program: `touch ${planted}; cat` };
  };

  it('moves no ref of another task, wherever the agent says it stands', async () => {
    const world = await createContainedWorld();
    const other = { repositoryId, worktreeId: 'task_2', branch: 'fermata/other', baseCommit: world.base };
    await world.git_.prepareWorktree(other);
    const before = mirrorOf(world).git('for-each-ref', 'refs/heads', 'refs/remotes', 'refs/tags');
    expect(await inside(world, 'git branch --list')).not.toContain('fermata/other');
    await inside(
      world,
      `echo x > x && git add x && git commit -qm x && git reset -q --hard HEAD~1 && git update-ref refs/heads/fermata/other HEAD &&
       git update-ref refs/remotes/origin/main $(git commit-tree HEAD^{tree} -m evil) && git tag evil && git checkout -q fermata/other && echo y > y && git add y && git commit -qm y`,
    );
    await world.git_.checkpoint({ worktreePath: world.work.path, message: 'end', trailers, final: true });
    const refs = mirrorOf(world).git('for-each-ref', 'refs/heads', 'refs/remotes', 'refs/tags').split('\n');
    const others = (text: readonly string[]) => text.filter((line) => !line.endsWith(branch));
    expect(others(refs)).toEqual(others(before.split('\n')));
  });

  it('runs none of its hooks, filters, drivers and monitors', async () => {
    const world = await createContainedWorld();
    const { planted, program } = armed(world);
    await inside(
      world,
      `echo '* filter=evil diff=evil merge=evil' > .gitattributes &&
       for key in filter.evil.clean filter.evil.smudge diff.evil.textconv diff.evil.command merge.evil.driver core.fsmonitor core.pager core.editor core.sshCommand gpg.program; do
         git config $key '${program}'; git config --global $key '${program}';
       done; mkdir -p /run/fermata/git/hooks; for hook in pre-commit post-checkout reference-transaction post-index-change; do
         printf '#!/bin/sh\\n${program}' > /run/fermata/git/hooks/$hook; chmod +x /run/fermata/git/hooks/$hook; done; true`,
    );
    await world.save();
    await world.git_.diff({ worktreePath: world.work.path, base: world.base });
    await world.git_.releaseWorktree({ repositoryId, worktreeId: 'task_1', trailers });
    expect(existsSync(planted)).toBe(false);
  });

  it('runs no filter of a repository inside the worktree, whether it is staged or not', async () => {
    const world = await createContainedWorld();
    const { planted, program } = armed(world);
    const nested = (name: string, init: string) => `mkdir ${name} && cd ${name} && ${init} &&
       git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && echo f > f && echo '* filter=evil' > .gitattributes &&
       git add . && git -c user.name=a -c user.email=a@b commit -qm y && git config filter.evil.clean '${program}' && cd ..`;
    await inside(world, nested('plain', 'git init -q .'));
    await inside(world, nested('apart', 'git init -q --separate-git-dir=.real .'));
    await inside(world, `${nested('staged', 'git init -q .')} && git add staged && git commit -qm staged`);
    const touchAll = () =>
      ['plain', 'apart', 'staged'].forEach((name) => world.work.write(`${name}/f`, `${Math.random()}`));
    const { git_: git, work } = world;
    for (let round = 0; round < 3; round++) {
      touchAll();
      await world.save();
      await git.diff({ worktreePath: work.path, base: world.base });
    }
    world.origin.write('a.txt', 'theirs\n');
    const targetCommit = world.origin.commit('theirs');
    await git.syncMirror({ repositoryId, location: world.origin.path });
    work.write('a.txt', 'mine\n');
    touchAll();
    await git.mergeTargetIntoWorktree({ worktreePath: work.path, targetCommit, trailers });
    touchAll();
    await git.releaseWorktree({ repositoryId, worktreeId: 'task_1', trailers });
    expect(existsSync(planted)).toBe(false);
  });

  it('writes through none of the links that it left in its repository', async () => {
    const world = await createContainedWorld();
    const victim = join(world.root, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'file'), 'whole\n');
    await inside(
      world,
      `echo x > x && git add x && git commit -qm x; cd /run/fermata/git;
       for name in index HEAD MERGE_HEAD packed-refs config; do rm -rf $name; ln -s ${join(victim, 'file')} $name; done;
       rm -rf refs/heads logs; ln -s ${victim} refs/heads; ln -s ${victim} logs; rm -rf /run/fermata/out/*; ln -s ${join(victim, 'file')} /run/fermata/out/bundle; true`,
    );
    world.work.write('y', '');
    await world.save();
    await inside(world, 'git status --porcelain');
    expect(readdirSync(victim)).toEqual(['file']);
    expect(world.at(world.root).read('victim/file')).toBe('whole\n');
  });
});
