import type { GateDefinition } from '@fermata/contracts';
import { brief, gateList } from './brief-task.js';
import { asData, asOrder, keepStart, oneLine } from './untrusted-text.js';

export interface PlanBriefInput {
  goal: string;
  repository: {
    name: string;
    defaultBranch: string;
    /** Tracked paths; the first few hundred are shown. */
    files: readonly string[];
    /** The beginning of the README, or null when there is none. */
    readme: string | null;
    gates: readonly Pick<GateDefinition, 'name' | 'command'>[];
  };
}

const maxFiles = 500;
const maxReadmeCharacters = 8_000;

/** The first message of a planning run. Its first line is `Fermata plan for repository <name>`. */
export function planBrief({ goal, repository }: PlanBriefInput): string {
  return brief(`Fermata plan for repository ${oneLine(repository.name)}`, [
    `The goal:\n${asOrder(goal)}`,
    `Its default branch is "${oneLine(repository.defaultBranch)}". ${gateList(repository.gates)}`,
    `Its files:\n${asData('files', fileList(repository.files))}`,
    ...readmeSection(repository.readme),
    'Look at what the goal concerns, then call `finish` with the plan.',
  ]);
}

function fileList(files: readonly string[]): string {
  const shown = files.slice(0, maxFiles).map((file) => oneLine(file, 400));
  const left = files.length - shown.length;
  return [...shown, ...(left > 0 ? [`[${left} more files left out; list folders with your tools]`] : [])].join('\n');
}

function readmeSection(readme: string | null): string[] {
  if (!readme || readme.trim() === '') return ['It has no README.'];
  const limit = { maxCharacters: maxReadmeCharacters, hint: 'read the file for the rest' };
  return [`Its README:\n${asData('readme', keepStart(readme, limit))}`];
}
