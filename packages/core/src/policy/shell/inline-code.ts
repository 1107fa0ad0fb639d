import { hasOption, optionValues, readArguments, type OptionSpec } from './command-options.js';
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
  expect: plain('other', 'c'),
  pwsh: plain('other', 'c Command'),
  powershell: plain('other', 'c Command'),
  awk: { language: 'awk', code: '', values: 'F v f i l', stopAtOperand: true, operandIsCode: true, elsewhere: 'f' },
  sed: { language: 'sed', code: 'e expression', values: 'e expression f file l', attached: 'i', operandIsCode: true },
};

export function isInterpreter(program: string): boolean {
  return Object.hasOwn(interpreters, program);
}

export function isShellProgram(program: string): boolean {
  return interpreters[program] === shell;
}

/** What code a command hands to an interpreter, or undefined when it hands it none, or a file that was there before. */
export function inlineCode(command: ShellCommand, files: ReadonlyMap<string, WrittenFile>): InlineCode | undefined {
  const { program, args, words } = command;
  const [name = ''] = words;
  if (name.includes('/') && files.has(resolvePath(command.cwd, name))) return codeOfFile(command, name, { files });
  const interpreter = program === null || !isInterpreter(program) ? undefined : interpreters[program];
  if (program === 'source' || program === '.') return codeOfFile(command, args[0] ?? '', { files, language: 'shell' });
  if (program === 'eval') return argumentCode(command, 'shell', args.join(' '));
  if (program === 'deno') return denoCode(command);
  if (interpreter === undefined) return undefined;
  return interpreter === shell ? shellCode(command, files) : languageCode(command, interpreter, files);
}

function argumentCode({ suppliers }: ShellCommand, language: CodeLanguage, text: string): InlineCode {
  return { language, text, origin: 'argument', sources: suppliers };
}

function denoCode(command: ShellCommand): InlineCode | undefined {
  const [verb, text] = readArguments(command.args, { values: 'ext' }).operands;
  return verb === 'eval' && text !== undefined ? argumentCode(command, 'javascript', text) : undefined;
}

type Files = ReadonlyMap<string, WrittenFile>;

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

function languageCode(command: ShellCommand, interpreter: Interpreter, files: Files): InlineCode | undefined {
  const { language, code, elsewhere = '', operandIsCode = false } = interpreter;
  const read = readArguments(command.args, interpreter);
  const texts = code === '' ? [] : optionValues(read, ...code.split(' '));
  if (texts.length > 0) return argumentCode(command, language, texts.join('\n'));
  if (elsewhere !== '' && hasOption(read, ...elsewhere.split(' '))) return undefined;
  const [first] = read.operands;
  if (operandIsCode) return first === undefined ? undefined : argumentCode(command, language, first);
  if (first === undefined) return inputCode(command, files, language);
  return codeOfFile(command, first, { files, language });
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
