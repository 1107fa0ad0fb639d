import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs git as the user of the repository would, and returns what it prints without the last line break. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@localhost', '-c', 'commit.gpgsign=false'];
  const { stdout } = await run('git', [...identity, '-C', cwd, ...args], { maxBuffer: 16 * 1024 * 1024 });
  return stdout.trimEnd();
}

/** A repository with one commit on `main`. */
export async function makeRepository(path: string, files: Record<string, string> = {}): Promise<string> {
  for (const [name, text] of Object.entries({ 'README.md': '# Small\n', ...files })) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  await run('git', ['init', '--quiet', '--initial-branch=main', path]);
  await git(path, 'add', '--all');
  await git(path, 'commit', '--quiet', '--message', 'Begin');
  return path;
}

export interface LandedCommit {
  commit: string;
  /** Values of its `Fermata-Task` trailers. */
  tasks: string[];
}

/** What is on the branch since its first commit, oldest first. */
export async function landedOn(path: string, branch = 'main'): Promise<LandedCommit[]> {
  const root = await git(path, 'rev-list', '--max-parents=0', branch);
  const format = '%H %(trailers:key=Fermata-Task,valueonly,separator=%x20)';
  const log = await git(path, 'log', '--reverse', `--format=${format}`, `${root}..${branch}`);
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [commit = '', ...tasks] = line.trim().split(' ');
      return { commit, tasks: tasks.filter((task) => task !== '') };
    });
}
