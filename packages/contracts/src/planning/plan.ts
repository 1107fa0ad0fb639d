import type { Measure, TargetDirection } from '../measuring/measure.js';

export const planLimits = {
  minKeyResults: 1,
  maxKeyResults: 7,
  minTasks: 1,
  maxTasks: 50,
  maxGoalBytes: 64 * 1024,
} as const;

export interface PlannedKeyResult {
  title: string;
  unit: string;
  /** What the model believes the value is today; the measured baseline replaces it after approval. */
  statedBaseline: number | null;
  target: number;
  direction: TargetDirection;
  measure: Measure;
}

export interface PlannedTask {
  /** Unique in the plan; dependencies refer to it. */
  key: string;
  title: string;
  instructions: string;
  acceptanceCriteria: readonly string[];
  verificationSteps: readonly string[];
  dependsOn: readonly string[];
  /** Paths the task is expected to change, for a person's eye and for spotting overlaps. */
  predictedPaths: readonly string[];
}

/** What a goal becomes, and what a person approves. */
export interface Plan {
  objective: { title: string; description: string };
  keyResults: readonly PlannedKeyResult[];
  tasks: readonly PlannedTask[];
}
