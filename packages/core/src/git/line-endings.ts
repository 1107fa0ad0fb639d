import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitFields, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';

/**
 * Files stored against their own attributes (CRLF in the repository, `text` or `eol` in .gitattributes) look changed the
 * moment they are checked out, and would end up in a task's commit. For those files the mirror turns conversion off.
 * To be called on a fresh checkout only: there, a change is nobody's work.
 */
export async function forgetPhantomChanges(
  context: GitContext,
  { path, mirror }: { path: string; mirror: string },
): Promise<void> {
  const phantoms = await gitFields(context, {
    cwd: path,
    args: ['diff-files', '--ignore-submodules=dirty', '--name-only', '-z'],
  });
  if (phantoms.length === 0) return;
  await appendAttributes(
    join(mirror, 'info'),
    phantoms.map((name) => `${attributePattern(name)} -text`),
  );
  await runGit(context, { cwd: path, args: ['reset', '--quiet', '--hard'] });
}

async function appendAttributes(folder: string, lines: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'attributes');
  const present = new Set((await readFile(file, 'utf8').catch(() => '')).split('\n'));
  const missing = lines.filter((line) => !present.has(line));
  if (missing.length > 0) await appendFile(file, `${missing.join('\n')}\n`);
}

/** The path anchored at the top, its wildcards taken literally, quoted as gitattributes(5) asks for. */
function attributePattern(name: string): string {
  const literal = `/${name.replace(/[\\*?[]/g, '\\$&')}`;
  return `"${literal.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;
}
