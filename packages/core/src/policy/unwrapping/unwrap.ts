import { optionValues, readArguments } from '../shell/command-options.js';
import { type InlineCode, isShellProgram } from '../shell/inline-code.js';
import { resolvePath } from '../shell/paths.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { containerRuns, remoteRuns } from './containers.js';
import { gitRuns } from './git-runs.js';
import { guessedCommands } from './guessed-commands.js';
import { type InnerRun, runsNothing, type Unwrapped } from './inner-run.js';
import { findRuns, parallelRuns, xargsRuns } from './listed-runs.js';
import { optionScripts, variableScripts } from './option-scripts.js';
import { splitAssignments, wrappedRuns } from './wrappers.js';

/** What a command runs besides itself. */
export function unwrap(command: ShellCommand): Unwrapped {
  const main = mainRuns(command);
  const variables = command.words.length === 0 ? [] : variableScripts(command);
  return { runs: [...main.runs, ...variables], passes: main.passes && variables.length === 0 };
}

function mainRuns(command: ShellCommand): Unwrapped {
  const { program, code } = command;
  if (program === null) return runsNothing;
  if (code !== undefined) return codeRuns(command, code);
  const own = ownRuns(command);
  if (own !== null) return own;
  const runs = [
    ...xargsRuns(command),
    ...findRuns(command),
    ...parallelRuns(command),
    ...containerRuns(command),
    ...remoteRuns(command),
    ...gitRuns(command),
    ...optionScripts(command),
    ...inputScripts(command),
    ...namedScripts(command),
  ];
  const wrapped = wrappedRuns(command);
  if (wrapped === null && runs.length === 0) return { runs: trailingRuns(command), passes: false };
  if (wrapped === null) return { runs, passes: program === 'xargs' };
  return { runs: [...wrapped.runs, ...runs], passes: wrapped.passes && runs.length === 0 };
}

/** Code that an interpreter is handed: the shell's is read like the line itself, in others commands are guessed. */
function codeRuns(command: ShellCommand, code: InlineCode): Unwrapped {
  if (code.language !== 'shell') return { runs: [...guessedCommands(code), ...optionScripts(command)], passes: false };
  // Where the code is known only when it runs, the judges look at where it comes from.
  if (code.text === null || isOnlyMarks(code.text)) return runsNothing;
  return { runs: [shellRun(command, code.origin, code.text)], passes: true };
}

function isOnlyMarks(text: string): boolean {
  return !/[^\uE000-\uE003\s]/.test(text);
}

const ownShell = new Set(['eval', 'source', '.']);

function shellRun({ program, args, words }: ShellCommand, origin: InlineCode['origin'], text: string): InnerRun {
  const [name = ''] = words;
  const run = { kind: 'script', label: name, text, mayBeUnknown: true } as const;
  if (ownShell.has(program ?? '')) return { ...run, shell: 'same' };
  if (program === null || !isShellProgram(program)) return { ...run, name, arguments: args };
  const { operands } = readArguments(args, { values: 'o O rcfile init-file', stopAtOperand: true });
  const [zero, ...rest] = origin === 'argument' ? operands.slice(1) : operands;
  return { ...run, label: origin === 'argument' ? `${program} -c` : name, name: zero ?? name, arguments: rest };
}

/** The shell's own ways to run something later, and `env`. */
function ownRuns({ program, args, cwd }: ShellCommand): Unwrapped | null {
  if (program === 'env') return environmentRuns(args, cwd);
  const [first, ...rest] = args.filter((word) => word !== '--');
  if (program === 'trap') {
    const runs = first === undefined || /^-/.test(first) || rest.length === 0 ? [] : [later('trap', first)];
    return { runs, passes: true };
  }
  if (program === 'cmake' && first === '-E') return { runs: cmakeRuns(rest), passes: true };
  if (program !== 'alias') return null;
  const bodies = args.flatMap((word) => (word.includes('=') ? [word.slice(word.indexOf('=') + 1)] : []));
  return { runs: bodies.map((text) => later('alias', text)), passes: true };
}

/** `cmake -E` has commands of its own, named as those of the shell are. */
function cmakeRuns([verb = '', ...rest]: readonly string[]): InnerRun[] {
  const words = verb === 'remove_directory' ? ['rm', '-r', ...rest] : [verb, ...rest];
  return [{ kind: 'words', label: 'cmake -E', words: verb === 'env' ? rest : words }];
}

const later = (label: string, text: string): InnerRun => ({ kind: 'script', label, text, shell: 'later' });

function environmentRuns(args: readonly string[], cwd: string): Unwrapped {
  const read = readArguments(args, { values: 'u unset C chdir S split-string', stopAtOperand: true });
  const folder = read.options.find(({ name }) => name === 'C' || name === 'chdir')?.value;
  const place = folder === undefined || folder === null ? {} : { cwd: resolvePath(cwd, folder) };
  const split = read.options.find(({ name }) => name === 'S' || name === 'split-string')?.value;
  const { assignments, words } = splitAssignments(read.operands);
  if (split !== undefined && split !== null) {
    return { runs: [{ kind: 'script', label: 'env -S', text: [split, ...words].join(' '), ...place }], passes: true };
  }
  if (words.length === 0) return runsNothing;
  return { runs: [{ kind: 'words', label: 'env', words, assignments, ...place }], passes: true };
}

/** A script or module whose name the deny table may know: `python manage.py flush`, `node …/rimraf /`, `yarn rimraf /`. */
function namedScripts({ program, args }: ShellCommand): InnerRun[] {
  if (program === null || !/^(python|php|ruby|node|yarn|pnpm|bun)$/.test(program)) return [];
  const read = readArguments(args, { values: program === 'python' ? 'm W X' : '', stopAtOperand: true });
  const module = program === 'python' ? optionValues(read, 'm') : [];
  const words = [...module, ...read.operands.filter((word, index) => index > 0 || word !== 'run')];
  return words.length === 0 ? [] : [{ kind: 'words', label: program, words, guessed: true }];
}

/** Programs whose arguments are texts, patterns or names. */
const talkers = new Set(
  'echo printf git grep egrep fgrep rg ag ack sed awk jq yq test [ man tldr info help which type whereis apropos command logger export declare local readonly alias read set unset apt apt-get brew yum dnf apk pip npm cargo go gem'.split(
    ' ',
  ),
);
const starters =
  /^(.*\/)?(rm|sh|bash|dash|zsh|ksh|dd|find|xargs|ssh|python3?|node|perl|ruby|mkfs(\..+)?|shutdown|reboot)$/;

/** A program that the tables do not know may run what its last words say: `some-wrapper rm -rf /`. */
function trailingRuns({ program, words }: ShellCommand): InnerRun[] {
  if (program === null || talkers.has(program)) return [];
  const start = words.findIndex((word, index) => index > 0 && starters.test(word));
  return start < 0 ? [] : [{ kind: 'words', label: program, words: words.slice(start), guessed: true }];
}

/** Programs that run the lines they read. */
function inputScripts({ program, args, input }: ShellCommand): InnerRun[] {
  if (program === 'make' && input.kind === 'text' && args.some((word) => /^-f$|^-f-$|^--(make)?file/.test(word))) {
    const recipes = input.text.split('\n').filter((line) => line.startsWith('\t'));
    return recipes.map((text) => ({
      kind: 'script',
      label: 'make',
      text: text.replace(/^\t[@+-]*/, ''),
      guessed: true,
    }));
  }
  const isReader = program === 'at' || program === 'batch' || (program === 'crontab' && args.join() === '-');
  if (!isReader || input.kind !== 'text') return [];
  const text = program === 'crontab' ? input.text.replace(/^[ \t]*(?:\S+[ \t]+){5}/gm, '') : input.text;
  return [{ kind: 'script', label: program, text, guessed: true }];
}
