import { codeLiterals, type CodeLiteral } from '../shell/code-literals.js';
import type { CodeLanguage, InlineCode } from '../shell/inline-code.js';
import type { InnerRun } from './inner-run.js';

/** Names by which languages start programs. What stands in no such code is a text and no command. */
const starters =
  /\b(os\.system|system|popen\w*|exec\w*|spawn\w*|subprocess|child_process|check_output|check_call|getoutput|getstatusoutput|qx|shell_exec|passthru|proc_open|pcntl_exec|open3|capture2e?|Deno\.Command|Bun\.|execa|shelljs|zx|Process|ProcessBuilder|Runtime|posix_spawn|startfile|pty|do shell script|__import__|importlib|getattr|globals|Reflect|shell-command|call-process|start-process|syscmd|esyscmd)\b|\bio\.popen|%x[[({]|->\s*exec/i;
/** Languages in which backquotes start a program. */
const backquoting: readonly CodeLanguage[] = ['perl', 'ruby', 'php', 'other'];
const maxCommands = 60;
/** The deny table asks about longer ones. */
const maxLength = 60_000;

/** The commands that code of another language may run: its string literals, alone and as the words of one command. */
export function guessedCommands({ language, text }: InlineCode): InnerRun[] {
  if (text === null || language === 'shell' || text.length > maxLength) return [];
  if (language === 'sed') return sedRuns(text);
  const literals = codeLiterals(text);
  if (!mayStart(language, text, literals)) return [];
  const label = `${language} code`;
  const bare = language === 'other' ? bareCommands(text) : [];
  const alone = literals.map((one): InnerRun => ({ kind: 'script', label, text: one.text, guessed: !one.isCommand }));
  const lists = joinLists(literals).map((words): InnerRun => ({ kind: 'words', label, words, guessed: true }));
  return [...alone, ...lists, ...bare].slice(0, maxCommands);
}

function mayStart(language: CodeLanguage, text: string, literals: readonly CodeLiteral[]): boolean {
  if (starters.test(text) || literals.some((one) => starters.test(one.text))) return true;
  if (language === 'awk') return /\||\bgetline\b/.test(text);
  return backquoting.includes(language) && text.includes('`');
}

function joinLists(literals: readonly CodeLiteral[]): string[][] {
  const lists: string[][] = [];
  for (const { text, continues } of literals) {
    const last = lists.at(-1);
    if (continues && last !== undefined) last.push(text);
    else lists.push([text]);
  }
  return lists.filter((words) => words.length > 1);
}

/** Tcl and its kin take words for what they are: `spawn rm -rf /`. */
function bareCommands(text: string): InnerRun[] {
  return [...text.matchAll(/\b(?:spawn|exec|syscmd\(|system\()\s*(?:-\w+\s+)*([^\n;\])]+)/g)].map(([, words = '']) => ({
    kind: 'script',
    label: 'spawn',
    text: words,
    guessed: true,
  }));
}

/** `e` of GNU sed runs its argument, or the line. */
function sedRuns(text: string): InnerRun[] {
  const label = 'sed e';
  const direct = /(?:^|[;\n}]\s*|\d\s*|\/\s*)e\s+([^\n;]+)/.exec(text)?.[1];
  const made = /s([^\w\s])(?:\\.|(?!\1)[^\\\n]){0,500}\1((?:\\.|(?!\1)[^\\\n]){0,500})\1[gpiIm0-9]*e/.exec(text);
  if (made !== null) {
    return [
      { kind: 'script', label, text: (made[2] ?? '').replace(/\\(.)/g, '$1'), guessed: true },
      { kind: 'problem', label, reason: 'sed runs the lines it makes as commands' },
    ];
  }
  return direct === undefined ? [] : [{ kind: 'script', label, text: direct, guessed: true }];
}
