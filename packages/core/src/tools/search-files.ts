import { isDomainError } from '@fermata/contracts';
import type { LineMatch, PatternMatcher } from '../matching/index.js';
import { listedPath } from './list-files.js';
import { splitLines } from './read.tool.js';
import { decode, looksBinary } from './text-file.js';
import { isCode, openForReading } from './worktree-file.js';

const maxFileBytes = 5 * 1024 * 1024;
/** Files read together: bounds what is in memory. */
const batchSize = 16;
const timeLimitMs = 45_000;
/** Files with a match that are looked for at most; `files_only` shows no more. */
const maxFiles = 1_000;

export interface FileMatches {
  path: string;
  lines: readonly string[];
  /** All of them, also those not in `matches`. */
  count: number;
  matches: readonly LineMatch[];
}

export interface Search {
  found: FileMatches[];
  /** Matching lines in the files of `found`. */
  count: number;
  searched: number;
  unsearched: number;
  /** Why some were not searched. */
  why: string;
  tooLarge: string[];
}

interface SearchOptions {
  root: string;
  files: readonly string[];
  matcher: PatternMatcher;
  limit: number;
  signal: AbortSignal;
}

/** Searches the files in order, until more than `limit` lines were found in more than enough files, or time is up. */
export async function searchFiles({ root, files, matcher, limit, signal }: SearchOptions): Promise<Search> {
  const search: Search = { found: [], count: 0, searched: 0, unsearched: 0, why: '', tooLarge: [] };
  const deadline = performance.now() + timeLimitMs;
  for (let start = 0; start < files.length; start += batchSize) {
    const why = reasonToStop(search, deadline);
    if (why !== null) return { ...search, unsearched: files.length - start, why };
    signal.throwIfAborted();
    const batch = files.slice(start, start + batchSize);
    await searchBatch(await Promise.all(batch.map((path) => readSearchable(root, path))), { matcher, limit }, search);
  }
  return search;
}

function reasonToStop(search: Search, deadline: number): string | null {
  if (search.found.length >= maxFiles) return `${maxFiles} files with a match are enough`;
  return performance.now() > deadline
    ? `the search stopped after ${timeLimitMs / 1000} s; use a narrower path or glob`
    : null;
}

type Searchable = { path: string; text: string } | { path: string; skipped: 'too_large' | 'not_text' };

async function searchBatch(
  batch: readonly Searchable[],
  { matcher, limit }: Pick<SearchOptions, 'matcher' | 'limit'>,
  search: Search,
): Promise<void> {
  const texts = batch.filter((file) => 'text' in file);
  search.tooLarge.push(
    ...batch.flatMap((file) => ('skipped' in file && file.skipped === 'too_large' ? [file.path] : [])),
  );
  search.searched += texts.length;
  const results = await matcher.matchLines(
    texts.map(({ text }) => text),
    limit,
  );
  results.forEach(({ count, matches }, index) => {
    const file = texts[index];
    if (file === undefined || count === 0) return;
    const shown = search.count < limit;
    search.count += count;
    // Only what will be shown is kept in memory.
    search.found.push({
      path: file.path,
      count,
      matches: shown ? matches : [],
      lines: shown ? splitLines(file.text) : [],
    });
  });
}

/** Files that are gone, swapped, forbidden or no text are passed over, as every search does. */
async function readSearchable(root: string, path: string): Promise<Searchable> {
  try {
    const { handle, stats } = await openForReading(listedPath(root, path));
    try {
      if (!stats.isFile()) return { path, skipped: 'not_text' };
      if (stats.size > maxFileBytes) return { path, skipped: 'too_large' };
      const bytes = await handle.readFile();
      return looksBinary(bytes) ? { path, skipped: 'not_text' } : { path, text: decode(bytes).text };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const expected =
      isDomainError(error) || ['ENOENT', 'EACCES', 'ENXIO', 'ELOOP', 'ENOTDIR'].some((code) => isCode(error, code));
    if (!expected) throw error;
    return { path, skipped: 'not_text' };
  }
}
