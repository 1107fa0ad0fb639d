import type { InlineCode } from './inline-code.js';

/** What a command reads from its standard input. `pipe`: text that is known only when it runs. */
export type CommandInput =
  { kind: 'none' } | { kind: 'text'; text: string } | { kind: 'file'; path: string } | { kind: 'pipe' };

export interface ShellRedirect {
  /** `<`, `>`, `>>`, … as written. */
  operator: string;
  /** The file descriptor, where one is given. */
  descriptor: number | null;
  target: string;
}

export interface ShellAssignment {
  name: string;
  value: string;
}

/** One simple command as it would run. All texts may hold marks (see marks.ts). */
export interface ShellCommand {
  /** Its name and arguments, expanded. Empty when it only assigns or redirects. */
  words: readonly string[];
  /** The name without its folder, lower case, version numbers of interpreters left out. Null when it cannot be known. */
  program: string | null;
  args: readonly string[];
  /** The variables that are set for it, by itself or by an `export` before it. */
  assignments: readonly ShellAssignment[];
  redirects: readonly ShellRedirect[];
  input: CommandInput;
  /** The commands whose output is its standard input. */
  upstream: readonly ShellCommand[];
  /** The commands whose output became part of its words, its assignments or what it reads. */
  suppliers: readonly ShellCommand[];
  /** Absolute and normal, or `anyText` when it is not known where. */
  cwd: string;
  /** Through what it was reached, outermost first. */
  from: readonly string[];
  /** Found in the code of another language, where it may be a command or a mere text: only the deny table judges it. */
  guessed: boolean;
  /** Does nothing itself but run what was found in it, or is the shell's own. */
  transparent: boolean;
  /** Set when it is a program that runs code, with the code it runs. */
  code?: InlineCode;
}

/** What kept a part of a command line from being understood. */
export interface ShellProblem {
  reason: string;
  from: readonly string[];
}

export interface ShellReading {
  commands: readonly ShellCommand[];
  problems: readonly ShellProblem[];
  /** A function that calls itself in the background or in a pipeline. */
  forkBombs: readonly string[];
}
