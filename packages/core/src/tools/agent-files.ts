import { DomainError } from '@fermata/contracts';
import { readTextFile } from './text-file.js';
import type { ToolContext } from './tool.js';
import { resolveWorktreePath } from './worktree-path.js';
import { writeTool } from './write.tool.js';
import { toolFailed } from './tool.js';

/**
 * The text of a file of the worktree, for an agent that reads through us.
 * @param lines from which line, counted from 1, and how many; all of them when left out
 * @throws DomainError `not_found`; as `resolveWorktreePath`; `tool_failed` when it is no text
 */
export async function readForAgent(
  worktree: string,
  path: string,
  { line, limit }: { line?: number | null; limit?: number | null } = {},
): Promise<string> {
  const resolved = await resolveWorktreePath(worktree, path);
  if (!resolved.exists) throw new DomainError('not_found', `${resolved.shown} does not exist`, { path });
  const { text } = await readTextFile(resolved);
  if (line == null && limit == null) return text;
  const from = (line ?? 1) - 1;
  return text
    .split('\n')
    .slice(from, limit == null ? undefined : from + limit)
    .join('\n');
}

/**
 * Writes a file of the worktree as a whole, for an agent that writes through us: as our own tool does.
 * @throws DomainError `tool_failed`, `path_outside_worktree`
 */
export async function writeForAgent(
  context: ToolContext,
  { path, content }: { path: string; content: string },
): Promise<void> {
  const outcome = await writeTool.run?.({ path, content }, context);
  if (outcome?.isError === true) throw toolFailed(outcome.text);
}
