import type { GateDefinition } from '@fermata/contracts';
import { asData, asOrder, numbered, oneLine } from './untrusted-text.js';

/** A task as agents are told of it. */
export interface BriefTask {
  taskId: string;
  title: string;
  instructions: string;
  acceptanceCriteria: readonly string[];
  verificationSteps: readonly string[];
  predictedPaths?: readonly string[];
}

/** The order of a task. Its text was approved by a person, yet none of it may pass for a frame of ours. */
export function taskOrder(task: BriefTask): string {
  return asOrder(
    [
      `Task: ${oneLine(task.title)}`,
      task.instructions.trim(),
      `Acceptance criteria:\n${numbered(task.acceptanceCriteria)}`,
      ...(task.verificationSteps.length === 0 ? [] : [`Verification steps:\n${numbered(task.verificationSteps)}`]),
      ...expectedPaths(task),
    ].join('\n\n'),
  );
}

function expectedPaths({ predictedPaths = [] }: BriefTask): string[] {
  if (predictedPaths.length === 0) return [];
  return [
    `Paths the planner expected to change (a guess, no limit):\n${predictedPaths.map((path) => oneLine(path, 400)).join('\n')}`,
  ];
}

/** The gates with their commands, or that there are none. */
export function gateList(gates: readonly Pick<GateDefinition, 'name' | 'command'>[]): string {
  if (gates.length === 0) return 'The repository declares no gates.';
  return `Gates that must pass:\n${asData('gates', gates.map(({ name, command }) => `${name}: ${command}`).join('\n'))}`;
}

/** Sections with an empty line between them, after a first line that tells what the message is. */
export function brief(firstLine: string, sections: readonly string[]): string {
  return [firstLine, ...sections].join('\n\n');
}
