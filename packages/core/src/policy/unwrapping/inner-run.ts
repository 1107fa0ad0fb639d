import type { ShellAssignment } from '../shell/shell-command.js';

interface Run {
  /** Through what it is reached: `sh -c`, `xargs`. */
  label: string;
  /** It may be a command, or no more than a text. */
  guessed?: boolean;
  /** The folder it runs in, where that is another. */
  cwd?: string;
}

/** Something that a command runs: another command, a script, or something that cannot be followed. */
export type InnerRun =
  | (Run & { kind: 'words'; words: readonly string[]; assignments?: readonly ShellAssignment[] })
  | (Run & {
      kind: 'script';
      text: string;
      /** `$0`. */
      name?: string;
      /** `$1` and the following. */
      arguments?: readonly string[];
      /** `same`: it runs in this shell and may change it, as `eval` does. `later`: in this shell, as `trap` does. */
      shell?: 'same' | 'later' | 'new';
      /** That parts of it are not known is no trouble. */
      mayBeUnknown?: boolean;
    })
  | (Run & { kind: 'problem'; reason: string });

export interface Unwrapped {
  runs: readonly InnerRun[];
  /** The command does nothing but run these: what it is itself need not be judged. */
  passes: boolean;
}

export const runsNothing: Unwrapped = { runs: [], passes: false };
