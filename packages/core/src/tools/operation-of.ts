import { type Json, type JsonObject, mcpToolPrefix, type Operation } from '@fermata/contracts';

/** Tools that only look take a path, or look at the whole worktree. */
const looking = ['read', 'list', 'glob', 'grep'];
const changing = ['write', 'edit'];

/**
 * What a call is about to do, as a policy judges it. Only for arguments that were checked.
 * @returns null for tools that do nothing by themselves
 */
export function operationOf(tool: string, input: Json): Operation | null {
  const { command, path } = (input ?? {}) as JsonObject;
  if (tool === 'bash') return { kind: 'command', tool, commandLine: text(command) };
  if (tool.startsWith(mcpToolPrefix)) return { kind: 'call', tool };
  if (looking.includes(tool)) return { kind: 'read', tool, path: text(path ?? '.') };
  if (changing.includes(tool)) return { kind: 'write', tool, path: text(path) };
  return null;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
