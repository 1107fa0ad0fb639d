import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach } from 'vitest';
import { createGit, type Git, type GitOptions } from './index.js';

/** A user with a git configuration that would get in our way if we let it. */
const hostileConfiguration = `
[user]
  name = Ann User
  email = ann@example.com
[commit]
  gpgSign = true
[gpg]
  program = /bin/false
[core]
  hooksPath = /nonexistent-hooks
[diff]
  external = /bin/false
  noprefix = true
[merge]
  ff = false
[pull]
  rebase = true
`;

export interface Repository {
  path: string;
  git: (...args: string[]) => string;
  write: (file: string, content: string | Buffer) => void;
  read: (file: string) => string;
  /** Commits everything and returns the id. */
  commit: (message: string) => string;
}

export interface World {
  root: string;
  dataDir: string;
  env: Record<string, string>;
  repository: (name?: string, initArgs?: readonly string[]) => Repository;
  git: (more?: Partial<GitOptions>) => Git;
  at: (path: string) => Repository;
}

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** A temporary folder with a data directory and a user's home in it, gone after the test. */
export function createWorld(): World {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'fermata-git-')));
  roots.push(root);
  const home = join(root, 'home');
  mkdirSync(home);
  writeFileSync(join(home, '.gitconfig'), hostileConfiguration);
  const env = { PATH: process.env['PATH'] ?? '', HOME: home };
  const dataDir = join(root, 'data');
  const at = (path: string): Repository => checkoutAt(path, env);
  return {
    root,
    dataDir,
    env,
    at,
    repository: (name = 'repo', initArgs = []) => {
      const path = join(root, name);
      execFileSync('git', ['init', '-q', '-b', 'main', ...initArgs, path], { env });
      return at(path);
    },
    git: (more = {}) => createGit({ dataDir, env, ...more }),
  };
}

function checkoutAt(path: string, env: Record<string, string>): Repository {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', path, '-c', 'commit.gpgSign=false', '-c', 'merge.ff=true', ...args], {
      env,
      maxBuffer: 1e8,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
      .toString()
      .trim();
  return {
    path,
    git,
    read: (file) => readFileSync(join(path, file), 'utf8'),
    write: (file, content) => {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), content);
    },
    commit: (message) => {
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
  };
}

/**
 * Every file under a folder with a digest of its bytes, its mode and its modification time: equal only when nobody has
 * written anything. Loose and packed objects are left out: adding some changes nothing that a person can see.
 */
export function fingerprint(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (name.startsWith(join('.git', 'objects')) || entry.isDirectory()) continue;
    const { mode, mtimeMs } = lstatSync(path);
    const content = entry.isSymbolicLink() ? readlinkSync(path) : readFileSync(path);
    found[name] = `${mode} ${mtimeMs} ${createHash('sha256').update(content).digest('hex')}`;
  }
  return found;
}
