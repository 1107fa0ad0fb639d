/**
 * What an agent is about to do, as far as a policy judges it. `tool` is the name the model called it by.
 * `call` is a tool of which nothing but its name is known, as those of MCP servers.
 */
export type Operation =
  | { kind: 'command'; tool: string; commandLine: string; cwd?: string }
  | { kind: 'read'; tool: string; path: string }
  | { kind: 'write'; tool: string; path: string }
  | { kind: 'fetch'; tool: string; host: string }
  | { kind: 'call'; tool: string };

/** Where an operation happens. Paths are absolute; nothing is looked up on disk. */
export interface OperationPlace {
  worktree: string;
  home: string;
  /** More folders that belong to the agent alone, such as its own temporary folder. */
  scratch?: readonly string[];
}
