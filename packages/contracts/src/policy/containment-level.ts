/**
 * What holds an agent's processes whatever they try, from the weakest to the strongest.
 * `none`: nothing does. `files`: they can write only in the worktree and their own temporary folder, and cannot read
 * credentials. `network`: besides, they reach only the hosts of their policy.
 */
export const ContainmentLevel = { none: 'none', files: 'files', network: 'network' } as const;
export type ContainmentLevel = (typeof ContainmentLevel)[keyof typeof ContainmentLevel];
