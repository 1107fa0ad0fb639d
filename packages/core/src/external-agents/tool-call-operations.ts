import { isAbsolute, relative } from 'node:path';
import type { ToolCallUpdate } from '@agentclientprotocol/sdk';
import { type Operation, shellWord } from '@fermata/contracts';

/** What an agent says of a call of its tools, in pieces. */
export type ReportedCall = ToolCallUpdate;

/**
 * What a call is about to do, as a policy judges it: a call may do several things. What cannot be told is a call of a tool
 * of that name. All of it is the agent's own word: what it can do in fact, the sandbox decides.
 */
export function operationsOf(call: ReportedCall, worktree: string): Operation[] {
  const tool = toolName(call);
  const command = commandOf(call);
  const paths = pathsOf(call, worktree);
  if (call.kind === 'fetch') return [hostOf(call, tool)];
  if (changing.has(call.kind)) return paths.length === 0 ? [{ kind: 'call', tool }] : paths.map(asKind('write', tool));
  if (looking.has(call.kind)) return (paths.length === 0 ? ['.'] : paths).map(asKind('read', tool));
  return command === null ? [{ kind: 'call', tool }] : [{ kind: 'command', tool, commandLine: command }];
}

const changing = new Set<ReportedCall['kind']>(['edit', 'delete', 'move']);
const looking = new Set<ReportedCall['kind']>(['read', 'search']);

const asKind =
  (kind: 'read' | 'write', tool: string) =>
  (path: string): Operation => ({ kind, tool, path });

/** A short name: the agent's own for the tool, or what kind of thing it does. */
export function toolName(call: ReportedCall): string {
  const { name } = call as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name.slice(0, 100) : (call.kind ?? 'tool');
}

function inputOf(call: ReportedCall): Record<string, unknown> {
  return typeof call.rawInput === 'object' && call.rawInput !== null ? (call.rawInput as Record<string, unknown>) : {};
}

/** Some agents send the command, some only show it as the title. */
function commandOf(call: ReportedCall): string | null {
  const { command, cmd } = inputOf(call);
  const given = command ?? cmd;
  if (typeof given === 'string') return given;
  if (Array.isArray(given)) return commandLine(given.map(String));
  return call.kind === 'execute' && call.title ? call.title : null;
}

/** `bash -lc 'x'` is x: what else is in its words counts as words. */
export function commandLine(words: readonly string[]): string {
  const [shell = '', flag = '', script] = words;
  const isScript = words.length === 3 && /(^|\/)(ba|da|z|k)?sh$/.test(shell) && /^-l?c$/.test(flag);
  return isScript && script !== undefined ? script : words.map(shellWord).join(' ');
}

function pathsOf(call: ReportedCall, worktree: string): string[] {
  const located = (call.locations ?? []).map(({ path }) => path);
  const changed = (call.content ?? []).flatMap((piece) => (piece.type === 'diff' ? piece.path : []));
  const { path, file_path: underscored, filePath } = inputOf(call);
  const named = [path, underscored, filePath].filter((one) => typeof one === 'string');
  return [...new Set([...located, ...changed, ...named].map((one) => within(one, worktree)))];
}

/** Paths of the worktree by their names in it: policies are written for those. */
function within(path: string, worktree: string): string {
  if (!isAbsolute(path)) return path;
  const inside = relative(worktree, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside || '.';
}

function hostOf(call: ReportedCall, tool: string): Operation {
  const { url } = inputOf(call);
  const host = typeof url === 'string' ? URL.parse(url)?.hostname : undefined;
  return host ? { kind: 'fetch', tool, host } : { kind: 'call', tool };
}
