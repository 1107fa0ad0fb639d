import type { PolicyEffect } from './policy-effect.js';

interface DangerTraits {
  effect: Exclude<PolicyEffect, 'allow'>;
  /** What it is, for a list and for the reason of a decision. */
  sentence: string;
}

const denied = (sentence: string): DangerTraits => ({ effect: 'deny', sentence });
const asked = (sentence: string): DangerTraits => ({ effect: 'ask', sentence });

/** The built-in deny table. An id is never renamed: rules name it. */
export const dangers = {
  'delete-outside': denied('deletes a folder outside the worktree, or one that is not known before it runs'),
  'delete-worktree': denied("deletes the worktree itself, all of its content, or git's own files"),
  'force-push': denied('overwrites or deletes branches of a remote repository'),
  push: asked('pushes: Fermata publishes the work itself, outside of the agent'),
  'rewrite-history': denied('rewrites history that others may have'),
  'lose-work': denied('throws away work that is committed nowhere, or commits that nothing else keeps'),
  'git-hooks': asked("changes git's own configuration or hooks, which later run commands of their own"),
  'device-write': denied('writes to a disk, a device or the kernel'),
  'permission-flood': denied('changes owner or permissions of folders outside the worktree'),
  'database-drop': denied('drops or empties a database or a table'),
  'cluster-delete': denied('deletes resources of a cluster or a cloud account'),
  'container-loss': asked('deletes containers, images or volumes that others may use'),
  'credential-read': denied('touches credentials'),
  'environment-leak': denied('sends the environment, which may hold secrets, to another program or host'),
  'pipe-to-shell': denied('runs code that was downloaded or decoded and that nobody has read'),
  privilege: denied('runs as another user'),
  system: denied('changes or stops the machine'),
  'fork-bomb': denied('starts processes without end'),
  'kill-by-name': asked('ends every process of a name, those of others included'),
  persistence: denied('changes what is run at logins, at boots, at times, or by everybody on the machine'),
  publish: denied('publishes a package, an image or a release'),
  'forge-change': asked('changes something at the forge: Fermata does that itself, outside of the agent'),
  exfiltration: denied("sends files or another program's output to a host that the policy does not list"),
  unparsed: asked('cannot be understood before it runs'),
} as const satisfies Record<string, DangerTraits>;

export type DangerId = keyof typeof dangers;

export function isDangerId(id: string): id is DangerId {
  return Object.hasOwn(dangers, id);
}
