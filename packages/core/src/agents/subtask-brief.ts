import { brief } from './brief-task.js';
import { asData, asOrder, oneLine } from './untrusted-text.js';

export interface SubtaskBriefInput {
  title: string;
  instructions: string;
  /** Data is wanted besides the summary. */
  wantsData: boolean;
  task: { taskId: string; title: string };
}

/** The first message of a subtask. Its first line is `Fermata subtask of <task id>: <title>`. */
export function subtaskBrief({ title, instructions, wantsData, task }: SubtaskBriefInput): string {
  const result = wantsData ? 'your summary and the data that its schema asks for' : 'your summary';
  return brief(`Fermata subtask of ${task.taskId}: ${oneLine(title)}`, [
    asOrder(`Part: ${oneLine(title)}\n\n${instructions.trim()}`),
    `The task it is a part of, for understanding only; do the part, not the task:\n${asData('task', task.title)}`,
    `When it is done, call \`finish\` with ${result}.`,
  ]);
}
