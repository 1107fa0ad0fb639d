import { optionValues, readArguments } from '../shell/command-options.js';
import { ownEntry } from '../shell/own-entry.js';
import type { ShellAssignment, ShellCommand } from '../shell/shell-command.js';
import type { InnerRun } from './inner-run.js';

/** Options whose value a shell runs. */
const scriptOptions: Readonly<Record<string, string>> = {
  script: 'c command',
  flock: 'c command',
  su: 'c command session-command',
  runuser: 'c command session-command',
  sg: 'c',
  npx: 'c call',
  npm: 'c call',
  'nix-shell': 'run command',
  mapfile: 'C',
  readarray: 'C',
  complete: 'C F',
  compgen: 'C',
  rsync: 'e rsh rsync-path',
  scp: 'S',
  sftp: 'S',
  tar: 'to-command checkpoint-action use-compress-program I F info-script new-volume-script rsh-command',
  sort: 'compress-program',
  split: 'filter',
  fzf: 'preview execute',
  rg: 'pre',
  ag: 'pager',
  man: 'P pager',
  zip: 'TT unzip-command',
  nodemon: 'x exec',
  nc: 'e c exec sh-exec',
  vagrant: 'c command',
  gcloud: 'command',
  fly: 'C command',
  flyctl: 'C command',
  ansible: 'a args',
  make: 'eval',
  wget: 'use-askpass',
  perf: 'pager',
  tcpdump: 'z',
  mail: 'exec',
  gcc: 'wrapper',
  cc: 'wrapper',
};

/** Programs all of whose operands are command lines. */
const scriptOperands = new Set(['concurrently', 'hyperfine', 'cross-env-shell', 'start-server-and-test']);
/** Programs whose operands are one command line together. */
const joinedOperands: Readonly<Record<string, string>> = { watch: 'n interval', tmux: 'L S f' };
const tmuxVerbs =
  /^(new(-session|-window)?|neww?|split(-window|w)?|send(-keys)?|run(-shell)?|respawn-(pane|window)|if-shell)$/;

/** The scripts that a command is given in its options. */
export function optionScripts(command: ShellCommand): InnerRun[] {
  const { program, args } = command;
  if (program === null) return [];
  const names = ownEntry(scriptOptions, program) ?? '';
  const texts = optionValues(readArguments(args, { values: names }), ...names.split(' '));
  return [...texts, ...operandScripts(program, args), ...escapes(command)].map((text) => ({
    kind: 'script' as const,
    label: program,
    text: text.replace(/^exec=/, ''),
  }));
}

function operandScripts(program: string, args: readonly string[]): string[] {
  if (scriptOperands.has(program)) return [...readArguments(args).operands];
  const values = ownEntry(joinedOperands, program);
  if (values === undefined) return [];
  const { operands } = readArguments(args, { values, stopAtOperand: true });
  if (program !== 'tmux') return operands.length === 0 ? [] : [operands.join(' ')];
  if (!tmuxVerbs.test(operands[0] ?? '')) return [];
  return readArguments(operands.slice(1), { values: 'c e n s t x y F l p' })
    .operands.filter((word) => !/^(Enter|C-m)$/.test(word))
    .slice(0, 10);
}

const exclamation = /^[ \t]*[+:]{0,2}(?:sil\w{0,4}!?[ \t]+|exe\w{0,4}[ \t]+['"])?![ \t]*(.+)$/m;

/** Programs that run commands from within: an editor's `:!`, a database client's `\\!`. */
const escapePatterns: Readonly<Record<string, RegExp>> = {
  vim: exclamation,
  vi: exclamation,
  nvim: exclamation,
  ex: exclamation,
  ed: exclamation,
  ftp: exclamation,
  sftp: exclamation,
  dc: exclamation,
  less: exclamation,
  gdb: /^[ \t]*(?:shell|!)[ \t]*(.+)$/m,
  sqlite3: /^[ \t]*\.(?:shell|system)[ \t]+(.+)$/m,
  psql: /\\!\s*(.+)/,
  mysql: /(?:\\!|^[ \t]*system)[ \t]+(.+)/m,
  socat: /(?:EXEC|SYSTEM):["']?([^,]+)/i,
  make: /^(?:\.?SHELL|SHELLFLAGS)=(.+)$/,
};

function escapes({ program, args, input }: ShellCommand): string[] {
  const pattern = ownEntry(escapePatterns, program);
  if (pattern === undefined) return [];
  const texts = input.kind === 'text' ? [...args, input.text] : args;
  return texts.flatMap((word) => pattern.exec(word)?.[1] ?? []);
}

/** Variables whose value some program runs as a command line. */
const commandVariables = new Set(
  'GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_SSH_COMMAND GIT_SSH GIT_EXTERNAL_DIFF GIT_ASKPASS SSH_ASKPASS GIT_PROXY_COMMAND EDITOR VISUAL PAGER MANPAGER BROWSER PROMPT_COMMAND FCEDIT LESSOPEN LESSCLOSE RSYNC_RSH CVS_RSH RUSTC_WRAPPER'.split(
    ' ',
  ),
);
/** Variables by which programs load code from elsewhere. */
const loaders =
  /^(BASH_ENV|ENV|LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|PYTHONSTARTUP|PYTHONINSPECT|PERL5OPT|PERL5DB|RUBYOPT|JAVA_TOOL_OPTIONS|GIT_EXEC_PATH|GIT_CONFIG_(COUNT|PARAMETERS)|GIT_TEMPLATE_DIR)$/;

/** What the variables that are set for a command run. */
export function variableScripts({ assignments }: ShellCommand): InnerRun[] {
  return assignments.flatMap((assignment) => variableScript(assignment) ?? []);
}

/** Whether a variable makes programs run something else than their command line says. */
export const carriesCode = (variable: { name: string; value: string }): boolean => variableScript(variable) !== null;

function variableScript({ name, value }: ShellAssignment): InnerRun | null {
  if (commandVariables.has(name))
    return value === '' ? null : { kind: 'script', label: name, text: value.replace(/^\|/, '') };
  if (/^PS[0-4]$/.test(name)) return { kind: 'script', label: name, text: `: ${value}`, guessed: true };
  const loads =
    loaders.test(name) || (name === 'NODE_OPTIONS' && /(^|\s)(-r|--require|--import|--loader)\b/.test(value));
  if (!loads || value === '') return null;
  return { kind: 'problem', label: name, reason: `${name} makes programs run code from elsewhere` };
}
