import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { wholeWordsFromStart, wholeWordsToEnd } from '@fermata/contracts/redaction';
import { z } from 'zod';
import { createPatternMatcher } from '../matching/index.js';
import { DomainError } from '@fermata/contracts';
import { expandGlob } from './expand-glob.js';
import { type FileMatches, searchFiles, type Search } from './search-files.js';
import { listFiles } from './list-files.js';
import { withSuggestions } from './missing-file.js';
import { defineTool, succeeded, type ToolContext, type ToolOutcome } from './tool.js';
import { resolveWorktreePath, type WorktreePath } from './worktree-path.js';

const patternTimeLimitMs = 5_000;
const maxShownLength = 400;

const input = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(1_000)
    .describe(
      'A regular expression as in JavaScript, matched against each line. Escape ( ) [ ] { } . * + ? ^ $ | \\ to search for them as they are.',
    ),
  path: z.string().min(1).max(4_000).default('.').describe('Only search this folder or file.'),
  glob: z
    .string()
    .min(1)
    .max(400)
    .optional()
    .describe('Only search files of this name, for example *.ts or src/**/*.{js,ts}; relative to path.'),
  ignore_case: z.boolean().default(false).describe('Take upper and lower case as the same.'),
  context: z.int().min(0).max(10).default(0).describe('How many lines to show before and after each match.'),
  files_only: z.boolean().default(false).describe('Only show which files match and how often.'),
  limit: z.int().min(1).max(1_000).default(200).describe('How many matching lines to show at most.'),
});
type Input = z.output<typeof input>;

export const grepTool = defineTool({
  name: 'grep',
  class: 'idempotent',
  description:
    'Searches the content of files of the worktree, line by line, with a regular expression. Each line of the answer is path:line: text; lines of context have path-line- instead. Files that git ignores, binary files and very large files are left out; an ignored folder is searched when path names it. A last line in square brackets says when something was left out. To find files by name use glob.',
  input,
  run: grep,
});

async function grep(args: Input, context: ToolContext): Promise<ToolOutcome> {
  const under = await resolveWorktreePath(context.worktree, args.path);
  const files = await withSuggestions(under, context, () => filesToSearch(under, args, context));
  const options = { timeLimitMs: patternTimeLimitMs, signal: context.signal };
  const matcher = createPatternMatcher(patternOf(args), options);
  try {
    const search = await searchFiles({ root: under.root, files, matcher, limit: args.limit, signal: context.signal });
    return answer(search, args);
  } finally {
    await matcher.close();
  }
}

async function filesToSearch(under: WorktreePath, { glob }: Input, context: ToolContext): Promise<string[]> {
  if (!under.exists) throw new DomainError('not_found', `${under.shown} does not exist`);
  // A file that is named is searched, ignored or not.
  if ((await stat(under.absolute)).isFile()) return [relative(under.root, under.absolute)];
  return listFiles({ under, ...(glob !== undefined && { globs: expandGlob(glob) }) }, context);
}

/** `(?i)` at the beginning is how most other dialects say ignore_case; JavaScript does not know it. */
function patternOf({ pattern, ignore_case: ignoreCase }: Input): { source: string; flags: string } {
  const source = pattern.replace(/^\(\?i\)/, '');
  return { source, flags: ignoreCase || source !== pattern ? 'i' : '' };
}

function answer(search: Search, args: Input): ToolOutcome {
  const lines = args.files_only
    ? search.found.map(({ path, count }) => `${path} (${count})`)
    : shownLines(search, args);
  const notes = notesOn(search, args);
  const none = search.found.length === 0 ? [`[no match in ${search.searched} files]`] : [];
  return succeeded([...lines, ...none, ...notes].join('\n'), { truncated: notes.length > 0 });
}

function shownLines({ found }: Search, args: Input): string[] {
  let left = args.limit;
  return found.flatMap((file) => {
    const matches = file.matches.slice(0, left);
    left -= matches.length;
    return matches.length === 0 ? [] : linesOf({ ...file, matches }, args.context);
  });
}

function linesOf({ path, lines, matches }: FileMatches, context: number): string[] {
  const columns = new Map(matches.map(({ line, column }) => [line, column]));
  const wanted = new Set(matches.flatMap(({ line }) => around(line, context)));
  const shown: string[] = [];
  let previous = 0;
  for (const number of [...wanted].sort((a, b) => a - b)) {
    const line = lines[number - 1];
    if (line === undefined) continue;
    if (context > 0 && previous > 0 && number > previous + 1) shown.push('--');
    previous = number;
    const column = columns.get(number);
    shown.push(column === undefined ? `${path}-${number}- ${cut(line, 0)}` : `${path}:${number}: ${cut(line, column)}`);
  }
  return context > 0 ? [...shown, '--'] : shown;
}

const around = (line: number, context: number): number[] =>
  Array.from({ length: 2 * context + 1 }, (_, index) => line - context + index).filter((number) => number > 0);

/** The part of a long line that has the match in it, and all of the words at its ends. */
function cut(line: string, column: number): string {
  if (line.length <= maxShownLength) return line;
  const start = column < maxShownLength / 2 ? 0 : column - maxShownLength / 4;
  const from = wholeWordsToEnd(line.slice(0, start)).length;
  const end = line.length - wholeWordsFromStart(line.slice(start + maxShownLength)).length;
  return `${from > 0 ? '…' : ''}${line.slice(from, end)}${end < line.length ? '…' : ''}`;
}

function notesOn(search: Search, { limit, files_only: filesOnly }: Input): string[] {
  const notes: string[] = [];
  if (!filesOnly && search.count > limit) {
    notes.push(`[${limit} of at least ${search.count} matching lines shown: use a narrower pattern, path or glob]`);
  }
  if (search.unsearched > 0) {
    notes.push(`[${search.unsearched} files were not searched: ${search.why}]`);
  }
  if (search.tooLarge.length > 0) {
    const names = search.tooLarge.slice(0, 5).join(', ') + (search.tooLarge.length > 5 ? ', …' : '');
    notes.push(`[too large, not searched: ${names}]`);
  }
  return notes;
}
