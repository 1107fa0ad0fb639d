import type { OperationPlace } from '@fermata/contracts';
import { readUncalled } from './functions.js';
import { holdsMarks } from './marks.js';
import { parseScript } from './parse-script.js';
import { resolvePath } from './paths.js';
import { runCommand } from './read-simple.js';
import { readBody, readScript } from './read-statements.js';
import type { ShellReading } from './shell-command.js';
import { createScope, outermostFlow, type Reading } from './shell-scope.js';

const maxSteps = 4_000;
const maxCharacters = 1_000_000;
const maxLength = 200_000;

/** Control characters, and characters that make a text look other than it is read. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const misleading = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/**
 * Everything a command line may run, as far as that can be told without running it: every simple command in it, wherever
 * it stands, with its words expanded as far as they are known.
 */
export function readCommandLine(commandLine: string, cwd: string, place: OperationPlace): ShellReading {
  const problem = textProblem(commandLine);
  if (problem !== null) return unread(problem);
  const parsed = parseScript(commandLine);
  if (!parsed.ok) return unread(`the command line cannot be parsed: ${parsed.problem}`);
  const reading = startReading(place);
  reading.run(parsed.script, createScope(reading, resolvePath(place.worktree, cwd)), outermostFlow);
  readUncalled(reading);
  const { commands, problems, forkBombs } = reading;
  return { commands, problems, forkBombs };
}

function textProblem(commandLine: string): string | null {
  if (commandLine.length > maxLength) return 'the command line is too long to be read';
  if (misleading.test(commandLine)) return 'the command line holds control characters';
  return holdsMarks(commandLine) ? 'the command line holds characters of the private use area' : null;
}

function unread(reason: string): ShellReading {
  return { commands: [], problems: [{ reason, from: [] }], forkBombs: [] };
}

function startReading(place: OperationPlace): Reading {
  return {
    place,
    commands: [],
    problems: [],
    forkBombs: [],
    files: new Map(),
    uncalled: new Map(),
    budget: { steps: maxSteps, characters: maxCharacters },
    run: readScript,
    runBody: readBody,
    runCommand,
  };
}
