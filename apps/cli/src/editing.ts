import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';

/**
 * Opens a text in the user's editor and gives what `read` makes of it. When that throws, the text is kept and the error
 * says where.
 */
export async function editText<T>(
  { editor, name, text }: { editor: string; name: string; text: string },
  read: (edited: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-edit-'));
  const file = join(folder, name);
  await writeFile(file, text, { mode: 0o600 });
  openEditor(editor, file);
  try {
    const result = await read(await readFile(file, 'utf8'));
    await rm(folder, { recursive: true, force: true });
    return result;
  } catch (error) {
    throw keptIn(file, error);
  }
}

/** Through a shell, as git does it: $EDITOR may carry arguments. */
function openEditor(editor: string, file: string): void {
  const { status, error } = spawnSync('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
  if (status === 0) return;
  const why = error?.message ?? `it ended with ${status ?? 'a signal'}`;
  throw new DomainError(
    'command_failed',
    `The editor \`${editor}\` failed: ${why}. Set EDITOR, or use --file. Nothing was changed.`,
  );
}

function keptIn(file: string, error: unknown): DomainError {
  const { code, message, details } =
    error instanceof DomainError ? error : new DomainError('internal', String(error), {}, { cause: error });
  return new DomainError(code, `${message} Your text is kept in ${file}.`, { ...details, file }, { cause: error });
}
