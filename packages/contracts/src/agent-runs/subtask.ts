import type { JsonObject } from '../json.js';
import type { MicroUsd } from '../money.js';

/** The tool by which a run has a part of its work done by a run of its own. */
export const spawnTaskTool = 'spawn_task';

/** How deep subtasks of subtasks may go: a run that works on a task is at 0, and one at this depth has none. */
export const maxSubtaskDepth = 2;

/** Subtasks that one run may have, one after the other. */
export const maxSubtasksOfRun = 20;

/** Of what is left of a run's budget: the most that one subtask is given, and what it is given unless told otherwise. */
export const subtaskBudgetPercent = { most: 50, usual: 25 } as const;

/** What a run asks for. */
export interface SubtaskOrder {
  title: string;
  instructions: string;
  budgetPercent: number;
  /** A JSON Schema that the data of its result must satisfy. */
  resultSchema?: JsonObject | undefined;
}

/** Where a run stands among subtasks. */
export interface SubtaskPlace {
  id: string;
  parentRunId: string | null;
  depth: number;
}

/** The run itself, if it is a subtask, and the subtasks that it is a part of: what each spends is spent of all of them. */
export function subtasksFrom({ id, parentRunId, depth }: SubtaskPlace): string[] {
  if (depth === 0 || parentRunId === null) return [];
  // What is deeper would be a part of a subtask that is not known here, and spend without its budget.
  if (depth > maxSubtaskDepth) throw new RangeError(`a subtask at depth ${depth}`);
  // One at depth 1 has a parent that is nobody's subtask.
  return depth === 1 ? [id] : [parentRunId, id];
}

/**
 * The limit of a subtask.
 * @param leftMicros of the tightest limit above it; null: there is none, and then the subtask has none of its own
 */
export function subtaskLimit(leftMicros: MicroUsd | null, percent: number): MicroUsd | null {
  return leftMicros === null ? null : Math.floor((Math.max(0, leftMicros) * percent) / 100);
}
