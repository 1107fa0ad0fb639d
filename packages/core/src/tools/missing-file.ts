import { DomainError, isDomainError } from '@fermata/contracts';
import { listedPath, listFiles } from './list-files.js';
import { similarPaths } from './similar-paths.js';
import type { ToolContext } from './tool.js';
import type { WorktreePath } from './worktree-path.js';

/** Runs `action`; when the file does not exist, says which files have names like it. */
export async function withSuggestions<T>(
  path: WorktreePath,
  context: ToolContext,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isDomainError(error) || error.code !== 'not_found') throw error;
    // Suggestions are a courtesy: without git the plain message must do.
    const files = await listFiles({ under: listedPath(path.root, path.root) }, context).catch(() => []);
    context.signal.throwIfAborted();
    const similar = similarPaths(path.shown, files);
    const hint = similar.length > 0 ? `. Did you mean ${similar.join(' or ')}?` : ': use glob or list to find it';
    throw new DomainError('not_found', `${error.message}${hint}`);
  }
}
