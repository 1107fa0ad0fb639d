import { readTextFile } from './text-file.js';
import type { ToolContext } from './tool.js';
import { resolveWorktreePath } from './worktree-path.js';
import { writeTool } from './write.tool.js';
import { toolFailed } from './tool.js';

/**
 * The text of a file of the worktree, for an agent that reads through us.
 * @param lines from which line, counted from 1, and how many; all of them when left out
 * @throws DomainError as `resolveWorktreePath`; `tool_failed` when it is no text
 */
export async function readForAgent(
  worktree: string,
  path: string,
  { line, limit }: { line?: number | null; limit?: number | null } = {},
): Promise<string> {
  const { text } = await readTextFile(await resolveWorktreePath(worktree, path));
  if (line == null && limit == null) return text;
  const from = (line ?? 1) - 1;
  return text.split('\n').slice(from, limit == null ? undefined : from + limit).join('\n');
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
