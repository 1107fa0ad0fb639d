/** What one sweep found and mended. */
export interface SweepReport {
  okrRunsStarted: number;
  nudgesRepeated: number;
  turnsDropped: number;
  worktreesReleased: number;
}

/** Repairs what a crash left between a row and its workflow. Every repair is safe to repeat. */
export interface SweepActivities {
  /** Starts the workflow of every OKR run that has a row and none, and settles the runs whose workflow ended before them. */
  startMissingWorkflows(): Promise<number>;

  /** Nudges every run whose orders or decided approvals may not have reached it. */
  repeatNudges(): Promise<number>;

  /**
   * Takes change requests out of the queues for landing whose workflow has ended without leaving, as when somebody
   * terminated everything of a run. Nudges of a turn are not repeated: who waits for one asks again by itself.
   */
  dropAbandonedTurns(): Promise<number>;

  /** Releases worktrees on this host whose task has ended. */
  releaseOrphanedWorktrees(): Promise<number>;
}
