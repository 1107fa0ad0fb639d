import { hasOption, optionValues, readArguments } from '../shell/command-options.js';
import { readFind } from '../shell/find-arguments.js';
import { anyName, anyText, anyWords } from '../shell/marks.js';
import type { ShellCommand } from '../shell/shell-command.js';
import type { InnerRun } from './inner-run.js';

const maxItems = 12;

/** What `xargs` runs, with what it reads in the place of what is not written. */
export function xargsRuns({ program, args, input }: ShellCommand): InnerRun[] {
  if (program !== 'xargs') return [];
  const read = readArguments(args, {
    values: 'I L n P s d E a arg-file max-args max-procs max-chars delimiter max-lines',
    attached: 'i e l',
    stopAtOperand: true,
  });
  const words = read.operands.length === 0 ? ['echo'] : read.operands;
  const placeholder = optionValues(read, 'I')[0] ?? (hasOption(read, 'i', 'replace') ? '{}' : null);
  const isFromFile = hasOption(read, 'a', 'arg-file');
  const items = isFromFile ? null : itemsOf(input, placeholder === null ? /\s+/ : /\n+/);
  if (placeholder !== null) return replacedRuns(words, placeholder, items);
  return [{ kind: 'words', label: 'xargs', words: [...words, ...(items ?? [anyWords])] }];
}

function replacedRuns(words: readonly string[], placeholder: string, items: readonly string[] | null): InnerRun[] {
  const each = items === null || items.length > maxItems ? [anyText] : items;
  return each.map((item) => ({
    kind: 'words',
    label: 'xargs',
    words: words.map((word) => word.replaceAll(placeholder, () => item)),
  }));
}

function itemsOf(input: ShellCommand['input'], between: RegExp): string[] | null {
  return input.kind === 'text' ? input.text.split(between).filter((item) => item !== '') : null;
}

/** What `find -exec` and `fd -x` run on what they find. */
export function findRuns(command: ShellCommand): InnerRun[] {
  const { program, args, cwd } = command;
  if (program === 'fd' || program === 'fdfind') {
    const at = args.findIndex((word) => /^(-x|-X|--exec|--exec-batch)$/.test(word));
    const found = `${cwd}/${anyName}`;
    return at < 0 ? [] : [{ kind: 'words', label: 'fd', words: withFound(args.slice(at + 1), found, true) }];
  }
  if (program !== 'find') return [];
  const { runs, found } = readFind(command);
  return runs.flatMap((words) =>
    found.map((path) => ({ kind: 'words' as const, label: 'find -exec', words: withFound(words, path, false) })),
  );
}

function withFound(words: readonly string[], path: string, appends: boolean): string[] {
  const isNamed = words.some((word) => word.includes('{'));
  const replaced = words.map((word) => word.replace(/\{(?:|\/|\/\/|\.|\/\.)\}/g, () => path));
  return appends && !isNamed ? [...replaced, path] : replaced;
}

/** What GNU parallel runs: a shell reads each of its lines. */
export function parallelRuns({ program, args, input }: ShellCommand): InnerRun[] {
  if (program !== 'parallel') return [];
  const read = readArguments(args, {
    values: 'j jobs N n L I colsep C delay timeout S sshlogin retries a arg-file joblog results tmpdir',
    stopAtOperand: true,
  });
  const at = read.operands.findIndex((word) => /^:::/.test(word));
  const words = at < 0 ? read.operands : read.operands.slice(0, at);
  const items = at < 0 ? linesOf(input) : read.operands.slice(at).filter((word) => !word.startsWith(':::'));
  return items.slice(0, maxItems).map((item) => ({
    kind: 'script' as const,
    label: 'parallel',
    text: parallelText(words, item),
    mayBeUnknown: words.length > 0,
  }));
}

function linesOf(input: ShellCommand['input']): string[] {
  return input.kind === 'text' ? input.text.split('\n').filter((line) => line !== '') : [anyText];
}

function parallelText(words: readonly string[], item: string): string {
  const text = words.join(' ');
  if (text === '') return item;
  return /\{\S{0,20}\}/.test(text) ? text.replace(/\{\S{0,20}?\}/g, () => item) : `${text} ${item}`;
}
