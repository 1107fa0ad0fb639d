import { type Json, type JsonObject, mcpToolPrefix, type Operation } from '@fermata/contracts';
import { patchedPaths } from './patch-text.js';

/** Tools that only look take a path, or look at the whole worktree. */
const looking = ['read', 'list', 'glob', 'grep', 'git_status', 'git_diff'];
const changing = ['write', 'edit', 'multi_edit'];
/** Tools that touch nothing but what Fermata itself has written down about the run. */
const talking = ['todo', 'report_progress', 'bash_output', 'bash_stop', 'read_output'];

/**
 * What a call is about to do, as a policy judges it: each of them must be let through. Only for arguments that were checked.
 * @returns nothing for tools that do nothing by themselves
 */
export function operationsOf(tool: string, input: Json): Operation[] {
  const { command, path, patch, url } = (input ?? {}) as JsonObject;
  if (talking.includes(tool)) return [];
  if (tool.startsWith(mcpToolPrefix)) return [{ kind: 'call', tool }];
  if (tool === 'bash') return [{ kind: 'command', tool, commandLine: text(command) }];
  if (tool === 'web_fetch') return [{ kind: 'fetch', tool, host: new URL(text(url)).hostname }];
  if (tool === 'apply_patch') return patchedPaths(text(patch)).map((one) => ({ kind: 'write', tool, path: one }));
  if (looking.includes(tool)) return [{ kind: 'read', tool, path: text(path ?? '.') }];
  if (changing.includes(tool)) return [{ kind: 'write', tool, path: text(path) }];
  return [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
