import { hasOption, optionValues, readArguments, type OptionSpec } from './command-options.js';
import { ownEntry } from './own-entry.js';
import { resolvePath } from './paths.js';
import type { ShellCommand } from './shell-command.js';
import type { WrittenFile } from './shell-scope.js';

export type CodeLanguage = 'shell' | 'python' | 'javascript' | 'perl' | 'ruby' | 'php' | 'awk' | 'sed' | 'other';

/** Code that a command line hands to an interpreter. */
export interface InlineCode {
  language: CodeLanguage;
  /** Null when it is known only when it runs. */
  text: string | null;
  origin: 'argument' | 'input' | 'file';
  /** The commands that produced it. */
  sources: readonly ShellCommand[];
}

interface Interpreter extends OptionSpec {
  language: CodeLanguage;
  /** Options that carry code. */
  code: string;
  /** With one of these it reads no code from its input. */
  elsewhere?: string;
  /** Its first operand is code. */
  operandIsCode?: boolean;
}

type Files = ReadonlyMap<string, WrittenFile>;

const shell: Interpreter = { language: 'shell', code: '', values: 'o O rcfile init-file', stopAtOperand: true };
const plain = (language: CodeLanguage, code: string, values = ''): Interpreter => ({
  language,
  code,
  values: `${code} ${values}`,
  stopAtOperand: true,
});

const interpreters: Readonly<Record<string, Interpreter>> = {
  sh: shell,
  bash: shell,
  dash: shell,
  zsh: shell,
  ksh: shell,
  mksh: shell,
  ash: shell,
  rbash: shell,
  fish: shell,
  csh: shell,
  tcsh: shell,
  hush: shell,
  python: { ...plain('python', 'c', 'm W X Q'), elsewhere: 'm V version' },
  node: { ...plain('javascript', 'e eval p print', 'r require import C conditions'), elsewhere: 'v version test run' },
  bun: plain('javascript', 'e eval p print'),
  tsx: plain('javascript', 'e eval p print'),
  'ts-node': plain('javascript', 'e eval p print'),
  coffee: plain('javascript', 'e eval'),
  jrunscript: plain('javascript', 'e'),
  ipython: plain('python', 'c'),
  vim: { ...plain('other', 'c cmd'), elsewhere: 'version' },
  vi: plain('other', 'c cmd'),
  nvim: plain('other', 'c cmd'),
  puppet: plain('other', 'e execute'),
  perl: { ...plain('perl', 'e E', 'I'), attached: 'i F 0 l M m x C D V', elsewhere: 'v V' },
  ruby: { ...plain('ruby', 'e', 'r I C'), attached: 'i F 0 l x K T W E', elsewhere: 'v version' },
  php: { ...plain('php', 'r', 'd c S t B R E'), elsewhere: 'v version m i f' },
  lua: plain('other', 'e', 'l'),
  luajit: plain('other', 'e', 'l'),
  r: plain('other', 'e'),
  rscript: plain('other', 'e'),
  julia: plain('other', 'e E'),
  osascript: plain('other', 'e', 'l'),
  elixir: plain('other', 'e'),
  groovy: plain('other', 'e'),
  scala: plain('other', 'e'),
  tclsh: plain('other', ''),
  wish: plain('other', ''),
  expect: plain('other', 'c'),
  emacs: plain('other', 'eval f'),
  gnuplot: plain('other', 'e'),
  octave: plain('other', 'eval'),
  matlab: plain('other', 'r batch'),
  raku: plain('perl', 'e'),
  guile: plain('other', 'c'),
  racket: plain('other', 'e'),
  sbcl: plain('other', 'eval'),
  ghc: plain('other', 'e'),
  ocaml: plain('other', 'e'),
  crystal: plain('other', 'e'),
  m4: plain('other', ''),
  pwsh: plain('other', 'c Command'),
  powershell: plain('other', 'c Command'),
  awk: { language: 'awk', code: '', values: 'F v f i l', stopAtOperand: true, operandIsCode: true, elsewhere: 'f' },
  sed: { language: 'sed', code: 'e expression', values: 'e expression f file l', attached: 'i', operandIsCode: true },
};

export function isShellProgram(program: string): boolean {
  return ownEntry(interpreters, program) === shell;
}

/** What code a command hands to an interpreter, or undefined when it hands it none, or a file that was there before. */
export function inlineCode(command: ShellCommand, files: Files): InlineCode | undefined {
  const [name = ''] = command.words;
  const isWritten = name.includes('/') && files.has(resolvePath(command.cwd, name));
  return isWritten ? codeOfFile(command, name, { files }) : interpretedCode(command, files);
}

function interpretedCode(command: ShellCommand, files: Files): InlineCode | undefined {
  const { program, args } = command;
  switch (program) {
    case 'source':
    case '.':
      return codeOfFile(command, args[0] ?? '', { files, language: 'shell' });
    case 'eval':
      return argumentCode(command, 'shell', args.join(' '));
    case 'deno':
      return denoCode(command);
    default:
      return interpretedBy(ownEntry(interpreters, program), command, files);
  }
}

function argumentCode({ suppliers }: ShellCommand, language: CodeLanguage, text: string): InlineCode {
  return { language, text, origin: 'argument', sources: suppliers };
}

function denoCode(command: ShellCommand): InlineCode | undefined {
  const [verb, text] = readArguments(command.args, { values: 'ext' }).operands;
  return verb === 'eval' && text !== undefined ? argumentCode(command, 'javascript', text) : undefined;
}

function shellCode(command: ShellCommand, files: Files): InlineCode | undefined {
  const read = readArguments(command.args, shell);
  const [first] = read.operands;
  if (hasOption(read, 'c')) return argumentCode(command, 'shell', first ?? '');
  if (hasOption(read, 'version', 'help')) return undefined;
  const start = optionValues(read, 'rcfile', 'init-file')[0];
  if (start !== undefined) return codeOfFile(command, start, { files, language: 'shell' });
  if (first === undefined || hasOption(read, 's')) return inputCode(command, files, 'shell');
  return codeOfFile(command, first, { files, language: 'shell' });
}

function interpretedBy(
  interpreter: Interpreter | undefined,
  command: ShellCommand,
  files: Files,
): InlineCode | undefined {
  if (interpreter === undefined) return undefined;
  return interpreter === shell ? shellCode(command, files) : languageCode(command, interpreter, files);
}

function languageCode(command: ShellCommand, interpreter: Interpreter, files: Files): InlineCode | undefined {
  const { language, code, elsewhere = '', operandIsCode = false } = interpreter;
  const read = readArguments(command.args, interpreter);
  const texts = optionValues(read, ...code.split(' '));
  if (texts.length > 0) return argumentCode(command, language, texts.join('\n'));
  if (hasOption(read, ...elsewhere.split(' '))) return undefined;
  const [first] = read.operands;
  if (first === undefined) return operandIsCode ? undefined : inputCode(command, files, language);
  return operandIsCode ? argumentCode(command, language, first) : codeOfFile(command, first, { files, language });
}

const inputNames = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

function codeOfFile(
  command: ShellCommand,
  operand: string,
  { files, language }: { files: Files; language?: CodeLanguage },
): InlineCode | undefined {
  if (inputNames.has(operand)) return inputCode(command, files, language ?? 'shell');
  const file = files.get(resolvePath(command.cwd, operand));
  if (file === undefined) return undefined;
  return { language: language ?? languageOf(file.text ?? ''), text: file.text, origin: 'file', sources: file.sources };
}

function inputCode(command: ShellCommand, files: Files, language: CodeLanguage): InlineCode | undefined {
  const { input, upstream, suppliers } = command;
  switch (input.kind) {
    case 'none':
      return undefined;
    case 'file':
      return codeOfFile({ ...command, input: { kind: 'none' } }, input.path, { files, language });
    case 'text':
      return { language, text: input.text, origin: 'input', sources: [...upstream, ...suppliers] };
    case 'pipe':
      return { language, text: null, origin: 'input', sources: [...upstream, ...suppliers] };
  }
}

/** The language of a file by its first line; a text without one is run by the shell. */
function languageOf(text: string): CodeLanguage {
  const [first = ''] = text.split('\n', 1);
  if (!first.startsWith('#!')) return 'shell';
  if (/python/.test(first)) return 'python';
  if (/node|deno|bun/.test(first)) return 'javascript';
  const known = /\b(perl|ruby|php|awk|sed)\b/.exec(first)?.[1];
  return (known as CodeLanguage | undefined) ?? 'shell';
}
