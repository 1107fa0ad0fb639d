import type { GateDefinition } from '@fermata/contracts';
import { brief, type BriefTask, gateList, taskOrder } from './brief-task.js';
import { asData, keepStart, oneLine } from './untrusted-text.js';

export interface WorkBriefInput {
  objective: { title: string; description: string };
  task: BriefTask;
  gates: readonly Pick<GateDefinition, 'name' | 'command'>[];
  /** The tasks this one builds on, with what their agents said of them. */
  dependencies: readonly { title: string; summary: string }[];
}

const maxSummaryCharacters = 4_000;

/** The first message of a work run. Its first line is `Fermata task <id>: <title>`. */
export function workBrief({ objective, task, gates, dependencies }: WorkBriefInput): string {
  return brief(`Fermata task ${task.taskId}: ${oneLine(task.title)}`, [
    taskOrder(task),
    `The objective this task serves, for understanding only; do the task, not the objective:\n${asData('objective', `${objective.title}\n\n${objective.description}`)}`,
    ...finishedTasks(dependencies),
    gateList(gates),
    'When the acceptance criteria are met and the gates pass, call `finish` with your summary.',
  ]);
}

function finishedTasks(dependencies: WorkBriefInput['dependencies']): string[] {
  if (dependencies.length === 0) return [];
  const limit = { maxCharacters: maxSummaryCharacters, hint: 'the code itself is in the worktree' };
  const blocks = dependencies.map(({ title, summary }) =>
    asData('finished-task', `${title}\n\n${keepStart(summary, limit)}`),
  );
  return [
    `Tasks this one builds on are merged and in your worktree. What their engineers said of them:\n${blocks.join('\n')}`,
  ];
}
