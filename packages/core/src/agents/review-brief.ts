import type { GateOutcome } from '@fermata/contracts';
import { brief, type BriefTask, taskOrder } from './brief-task.js';
import { asData, keepEnd, keepStart, oneLine } from './untrusted-text.js';

export interface ReviewBriefInput {
  task: BriefTask;
  /** Unified diff of the task's branch against where it began. */
  patch: string;
  gates: readonly Pick<GateOutcome, 'name' | 'state' | 'exitCode' | 'tail'>[];
  /** What the engineer said of the work. */
  summary?: string;
}

const maxPatchCharacters = 200_000;
const maxTailCharacters = 2_000;

/** The first message of a review run. Its first line is `Fermata review of task <id>: <title>`. */
export function reviewBrief({ task, patch, gates, summary }: ReviewBriefInput): string {
  const limit = { maxCharacters: maxPatchCharacters, hint: 'read the files in the worktree for the rest' };
  return brief(`Fermata review of task ${task.taskId}: ${oneLine(task.title)}`, [
    `What was ordered:\n${taskOrder(task)}`,
    `Gates, as Fermata ran them on this change:\n${gateResults(gates)}`,
    ...(summary === undefined ? [] : [`What the engineer says, unverified:\n${asData('summary', summary)}`]),
    `The change:\n${asData('diff', patch.trim() === '' ? '(the diff is empty)' : keepStart(patch, limit))}`,
    'Call `finish` with your verdict.',
  ]);
}

function gateResults(gates: ReviewBriefInput['gates']): string {
  if (gates.length === 0) return 'none: the repository declares no gates.';
  return asData('gate-results', gates.map(gateResult).join('\n'));
}

/** A gate that passed needs no output. */
function gateResult({ name, state, exitCode, tail }: ReviewBriefInput['gates'][number]): string {
  const line = `${oneLine(name)}: ${state}${exitCode === null ? '' : ` (exit code ${exitCode})`}`;
  return state === 'passed' || tail.trim() === '' ? line : `${line}\n${keepEnd(tail, maxTailCharacters)}`;
}
