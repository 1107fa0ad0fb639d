import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scrubbedEnvironment } from '../processes/index.js';
import type { GitIdentity } from './git-context.js';

/**
 * `own`: for our mirrors and worktrees; nothing of the user's configuration applies.
 * `user`: for the user's own checkout and for remotes; line endings, credentials and proxies are as the user set them.
 */
export type GitProfile = 'own' | 'user';
export type GitEnvironments = Readonly<Record<GitProfile, Record<string, string>>>;

/** In the command's scope, because a repository's own configuration would win over any file of ours. */
export const commandConfiguration: readonly string[] = [
  // No code of the repository or the agent runs inside our own git commands.
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'protocol.ext.allow=never',
  'commit.gpgSign=false',
  'tag.gpgSign=false',
  'merge.verifySignatures=false',
  'log.showSignature=false',
  // Nothing runs on in the background, and unreachable commits stay.
  'gc.auto=0',
  'maintenance.auto=false',
  'fetch.writeCommitGraph=false',
  'rerere.enabled=false',
  'submodule.recurse=false',
  'i18n.commitEncoding=UTF-8',
  'i18n.logOutputEncoding=UTF-8',
  'core.quotePath=true',
].flatMap((setting) => ['-c', setting]);

interface Origin {
  env: Readonly<Record<string, string | undefined>>;
  identity: GitIdentity;
}

/** Writes the configuration files that stand in for `~/.gitconfig`, and returns the environment of each profile. */
export function writeGitConfiguration(dataDir: string, { env, identity }: Origin): GitEnvironments {
  const folder = join(dataDir, 'git');
  mkdirSync(folder, { recursive: true });
  const files = { own: join(folder, 'own.gitconfig'), user: join(folder, 'user.gitconfig') };
  replaceFile(files.own, ownSettings);
  replaceFile(files.user, `${userFiles(env).map(includeOf).join('')}${ownSettings}`);
  const shared = { ...baseEnvironment, ...identityEnvironment(identity) };
  return {
    own: scrubbedEnvironment(env, { ...shared, GIT_CONFIG_GLOBAL: files.own }),
    user: scrubbedEnvironment(env, { ...shared, ...loginAgents(env), GIT_CONFIG_GLOBAL: files.user }),
  };
}

/**
 * A repository of another user is one we were asked to work on. It must stand in a file: git does not hand settings of
 * the command line on to the process that serves a local fetch.
 */
const ownSettings = '[safe]\n\tdirectory = *\n[init]\n\tdefaultBranch = main\n';

const baseEnvironment: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  // Reading the state of a checkout must not rewrite its index.
  GIT_OPTIONAL_LOCKS: '0',
  GIT_EDITOR: 'true',
  GIT_MERGE_AUTOEDIT: 'no',
  // Failures are recognised by git's own English words where it has no exit code for them.
  LC_ALL: 'C',
  LANGUAGE: 'C',
};

function identityEnvironment({ name, email }: GitIdentity): Record<string, string> {
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

/** How remotes are logged in to. No secret itself, and never given to an agent's process. */
function loginAgents(env: Origin['env']): Record<string, string> {
  const names = ['SSH_AUTH_SOCK', 'GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_ASKPASS', 'SSH_ASKPASS'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function userFiles(env: Origin['env']): string[] {
  const { GIT_CONFIG_GLOBAL: given, HOME: home, XDG_CONFIG_HOME: xdg } = env;
  if (given !== undefined) return [given];
  if (home === undefined) return [];
  return [join(xdg ?? join(home, '.config'), 'git', 'config'), join(home, '.gitconfig')];
}

/** Including a file that does not exist is no error to git. */
function includeOf(file: string): string {
  return `[include]\n\tpath = "${file.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`;
}

function replaceFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}
