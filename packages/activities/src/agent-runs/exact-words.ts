import type { ToolCallBlock } from '@fermata/contracts';
import { redactionMarksIn } from '@fermata/contracts/redaction';
import { digestOf, type ExactAnswer } from '@fermata/database';
import type { Workspace } from '../workspace.js';

/**
 * A tool call of a model, with the arguments that it gave word for word. They are for the tool and the policy: what is
 * stored, shown or told of them is redacted.
 */
export interface SpokenCall extends ToolCallBlock {
  /** Where redaction hides something of the arguments: for digests of them, which could be guessed from otherwise. */
  digestKey?: string;
  /** Where it does, and nobody knows them any more: why. */
  unreadable?: string;
}

/**
 * What was said at these steps of a run word for word, where redaction took a token out of what is stored of it.
 * @param stored texts of answers, by step: one without a mark is what was said, and nothing is asked for it
 */
export async function exactAnswers(
  { sealedAnswers }: Workspace,
  agentRunId: string,
  stored: ReadonlyMap<number, string>,
): Promise<ReadonlyMap<number, ExactAnswer>> {
  const marked = [...stored].flatMap(([index, text]) => (redactionMarksIn(text).length > 0 ? index : []));
  return marked.length === 0 ? new Map() : sealedAnswers.ofSteps(agentRunId, marked);
}

/** A call that was read from what is stored, as its model made it. */
export function spokenCall(call: ToolCallBlock, exact: ExactAnswer | undefined): SpokenCall {
  if (exact === undefined) return call;
  if ('unreadable' in exact) return { ...call, unreadable: exact.unreadable };
  const spoken = exact.answer.blocks.find((block) => block.type === 'tool_call' && block.callId === call.callId);
  // What was no JSON is run by nobody, and shown in part.
  if (spoken?.type !== 'tool_call' || call.invalidInput !== undefined) return call;
  if (digestOf(spoken.input) === digestOf(call.input)) return call;
  return { ...call, input: spoken.input, digestKey: exact.digestKey };
}
