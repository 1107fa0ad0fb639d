import { assertNever, type GateOutcome, type ReviewFinding } from '@fermata/contracts';
import { brief, type BriefTask, taskOrder } from './brief-task.js';
import { asData, keepEnd, oneLine } from './untrusted-text.js';

export type RepairBriefInput = { task: BriefTask } & (
  | { reason: 'gate'; gate: Pick<GateOutcome, 'name' | 'state' | 'exitCode' | 'tail'> & { command: string } }
  | { reason: 'review'; review: { summary: string; findings: readonly ReviewFinding[] } }
  /** `files` carry conflict markers after the target branch was merged into the task's branch. */
  | { reason: 'conflict'; targetBranch: string; files: readonly string[] }
);

const maxTailCharacters = 12_000;

/** The first message of a repair run. Its first line is `Fermata repair of task <id>: <title>`, its third names the reason. */
export function repairBrief(input: RepairBriefInput): string {
  return brief(`Fermata repair of task ${input.task.taskId}: ${oneLine(input.task.title)}`, [
    ...faultOf(input),
    `The task, whose criteria must be met in the end:\n${taskOrder(input.task)}`,
    'When the fault is mended and the gates pass, call `finish` with your summary.',
  ]);
}

function faultOf(input: RepairBriefInput): string[] {
  switch (input.reason) {
    case 'gate':
      return gateFault(input.gate);
    case 'review':
      return reviewFault(input.review);
    case 'conflict':
      return conflictFault(input);
    default:
      return assertNever(input);
  }
}

function gateFault({
  name,
  state,
  exitCode,
  tail,
  command,
}: Extract<RepairBriefInput, { reason: 'gate' }>['gate']): string[] {
  const how =
    state === 'timed_out'
      ? 'ran out of time'
      : exitCode === null
        ? `ended as ${state}`
        : `failed with exit code ${exitCode}`;
  return [
    `Reason: the gate "${oneLine(name)}" ${how}.`,
    `Its command:\n${asData('gate-command', command)}`,
    `The end of its output:\n${asData('gate-output', keepEnd(tail, maxTailCharacters))}`,
  ];
}

function reviewFault({ summary, findings }: { summary: string; findings: readonly ReviewFinding[] }): string[] {
  return [
    'Reason: the review asked for changes.',
    `What the reviewer says:\n${asData('review', summary)}`,
    ...(findings.length === 0 ? [] : [`Findings, the worst first:\n${asData('findings', listFindings(findings))}`]),
  ];
}

const severities = ['blocker', 'major', 'minor'];

function listFindings(findings: readonly ReviewFinding[]): string {
  return findings
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
    .map(
      ({ severity, file, line, message }) =>
        `[${severity}] ${oneLine(file, 400)}${line === null ? '' : `:${line}`}\n${message}`,
    )
    .join('\n\n');
}

function conflictFault({ targetBranch, files }: { targetBranch: string; files: readonly string[] }): string[] {
  return [
    `Reason: the work conflicts with newer commits on "${oneLine(targetBranch)}", which were merged into the worktree.`,
    `Files with conflict markers:\n${asData('conflicting-files', files.map((file) => oneLine(file, 400)).join('\n'))}`,
  ];
}
