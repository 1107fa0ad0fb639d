import type { CompletedLanding, CompleteLandingOptions } from './complete-landing.js';
import { runGit } from './git-command.js';
import { type GitContext, mirrorPath } from './git-context.js';
import { readRemoteHeads } from './remote-heads.js';

/** A push that takes effect only while the branch is at the expected commit (git-push, `--force-with-lease`). */
export async function landOnRemote(context: GitContext, options: CompleteLandingOptions): Promise<CompletedLanding> {
  const { repositoryId, location, commit, targetBranch, expectedTarget, signal } = options;
  const tip = async (): Promise<string | undefined> =>
    (await readRemoteHeads(context, { location, signal })).branches.get(targetBranch);
  const before = await tip();
  if (before === commit) return { state: 'already_landed', commit };
  if (before !== expectedTarget) return { state: 'target_moved' };
  const ref = `refs/heads/${targetBranch}`;
  const args = [
    'push',
    '--quiet',
    '--no-verify',
    `--force-with-lease=${ref}:${expectedTarget}`,
    '--',
    location,
    `${commit}:${ref}`,
  ];
  const push = { cwd: mirrorPath(context, repositoryId), profile: 'user', args, signal } as const;
  const { exitCode } = await runGit(context, { ...push, answers: [0, 1] });
  if (exitCode === 0) return { state: 'landed', commit };
  const after = await tip();
  if (after === commit) return { state: 'landed', commit };
  if (after !== expectedTarget) return { state: 'target_moved' };
  // Refused for another reason, such as a protected branch: asked again, the remote says which.
  await runGit(context, push);
  return { state: 'landed', commit };
}
