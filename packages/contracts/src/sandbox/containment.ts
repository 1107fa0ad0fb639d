/** What keeps the programs that an agent causes to run away from the rest of the machine. */
export const Containment = {
  /** Namespaces of the Linux kernel, set up by bubblewrap. */
  bubblewrap: 'bubblewrap',
  /** Nothing: they run as the user whom the worker runs as. */
  none: 'none',
} as const;
export type Containment = (typeof Containment)[keyof typeof Containment];

/** What a contained program is for: set-up fetches packages, everything else has what set-up has fetched. */
export const SandboxPurpose = { work: 'work', setup: 'setup' } as const;
export type SandboxPurpose = (typeof SandboxPurpose)[keyof typeof SandboxPurpose];

/** What the operator wants of it. */
export const SandboxMode = {
  /** Contained where that works, otherwise not, and saying so. */
  auto: 'auto',
  /** Contained, or nothing runs. */
  required: 'required',
  off: 'off',
} as const;
export type SandboxMode = (typeof SandboxMode)[keyof typeof SandboxMode];
