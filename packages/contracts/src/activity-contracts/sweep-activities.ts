/** What one sweep found and mended. */
export interface SweepReport {
  okrRunsStarted: number;
  nudgesRepeated: number;
  worktreesReleased: number;
}

/** Repairs what a crash left between a row and its workflow. Every repair is safe to repeat. */
export interface SweepActivities {
  /** Starts the workflow of every OKR run that has a row and none, and settles the runs whose workflow ended before them. */
  startMissingWorkflows(): Promise<number>;

  /** Nudges every run whose orders or decided approvals may not have reached it. */
  repeatNudges(): Promise<number>;

  /** Releases worktrees on this host whose task has ended. */
  releaseOrphanedWorktrees(): Promise<number>;
}
