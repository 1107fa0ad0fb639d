import type { AgentRunKind } from '@fermata/contracts';
import type { Tool, ToolRequest } from '@fermata/core/tools';
import type { AgentRunRow } from './conversation.js';
import type { SpokenCall } from './exact-words.js';

/** A call of a model as it is checked and run. */
export function requestOf({
  run,
  call,
  added,
}: {
  run: Pick<AgentRunRow, 'kind'>;
  call: SpokenCall;
  added?: readonly Tool[];
}): ToolRequest {
  const { name, input, invalidInput, unreadable } = call;
  return {
    ...{ kind: run.kind as AgentRunKind, name, input },
    ...(invalidInput !== undefined && { invalidInput }),
    ...(unreadable !== undefined && { unreadable }),
    ...(added && { added }),
  };
}
