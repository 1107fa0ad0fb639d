import { resolveCommit, runGit } from './git-command.js';
import { type GitContext, mirrorPath } from './git-context.js';

/** Copies a commit from the mirror into a repository of this machine. No ref there changes. */
export async function bringCommit(
  context: GitContext,
  { repositoryId, location, commit }: { repositoryId: string; location: string; commit: string },
): Promise<void> {
  if ((await resolveCommit(context, location, commit)) !== null) return;
  const flags = [
    '--quiet',
    '--no-tags',
    '--no-prune',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--no-auto-maintenance',
  ];
  const args = ['fetch', ...flags, '--refmap=', '--', mirrorPath(context, repositoryId), commit];
  await runGit(context, { cwd: location, profile: 'user', args });
}
