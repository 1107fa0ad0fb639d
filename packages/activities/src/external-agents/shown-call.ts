import type { Json } from '@fermata/contracts';
import { operationsOf, type ReportedCall } from '@fermata/core/external-agents';

/**
 * What a call is about, without what differs from one time to the next, such as ids and clocks that some agents add: the
 * same call is the same thing.
 */
export function shownCall(call: ReportedCall): Json {
  const changes = (call.content ?? []).flatMap((piece) =>
    piece.type === 'diff' ? { path: piece.path, oldText: piece.oldText ?? null, newText: piece.newText } : [],
  );
  if (changes.length > 0) return { changes };
  const [operation] = operationsOf(call, '/');
  if (operation?.kind === 'command') return { command: operation.commandLine };
  return { title: call.title ?? null, input: (call.rawInput ?? null) as Json };
}
