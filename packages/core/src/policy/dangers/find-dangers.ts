import type { DangerId } from '@fermata/contracts';
import type { ShellCommand } from '../shell/shell-command.js';
import { anyWords } from '../shell/marks.js';
import { ownEntry } from '../shell/own-entry.js';
import { nameProblem } from '../shell/program-name.js';
import { credentialPaths, foundReads, homeReads, mounts, netrc } from './credentials.js';
import {
  type ChecksByProgram,
  type DangerCheck,
  type DangerFinding,
  type DangerWorld,
  finding,
} from './danger-check.js';
import { databaseChecks } from './databases.js';
import { deleteChecks } from './deletes.js';
import { leaks } from './exfiltration.js';
import { foreignCode } from './foreign-code.js';
import { gitChecks } from './git.js';
import { persistentWrites } from './persistence.js';
import { unseenCode } from './running-code.js';
import { deviceWrites, fileSystemMakers, systemChecks } from './system.js';
import { verbDangers } from './verbs.js';

/** A program whose name is not what it looks like, or is known only when it runs. */
const unknownProgram: DangerCheck = ({ program, words, guessed }) => {
  if (guessed || words.length === 0) return [];
  if (program === null) return finding('unparsed', 'which program it starts is known only when it runs');
  const problem = nameProblem(words[0] ?? '') ?? dashProblem(words);
  return problem === null ? [] : finding('unparsed', problem);
};

/** Something that looks like an option and is none. */
function dashProblem(words: readonly string[]): string | null {
  const lookalike = words.find((word) => /^[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+[A-Za-z-]+$/.test(word));
  return lookalike === undefined ? null : `${lookalike} begins with a dash that is none`;
}

/** Containers that are found by asking for all of them. */
const everyContainer: DangerCheck = ({ program, args }) => {
  const isMany =
    program === 'docker' && /^(rm|kill|stop|rmi)$/.test(args[0] ?? '') && args.some((word) => word.includes(anyWords));
  return isMany ? finding('container-loss', `docker ${args[0]}`) : [];
};

const always: readonly DangerCheck[] = [
  unknownProgram,
  unseenCode,
  foreignCode,
  deviceWrites,
  fileSystemMakers,
  persistentWrites,
  credentialPaths,
  homeReads,
  foundReads,
  mounts,
  netrc,
  leaks,
  verbDangers,
  everyContainer,
];
const byProgram: readonly ChecksByProgram[] = [deleteChecks, gitChecks, systemChecks, databaseChecks];

/** Dangers to the files of a machine, of which a container has its own: they go with it. */
const ofTheMachine: ReadonlySet<DangerId> = new Set(['persistence', 'permission-flood']);

function isContained({ from }: ShellCommand): boolean {
  return from.some((label) => label.startsWith('docker '));
}

/** What of the deny table a command does. */
export function findDangers(command: ShellCommand, world: DangerWorld): DangerFinding[] {
  const own = byProgram.flatMap((table) => ownEntry(table, command.program) ?? []);
  const found = [...own, ...always].flatMap((check) => [...check(command, world)]);
  return isContained(command) ? found.filter(({ danger }) => !ofTheMachine.has(danger)) : found;
}
