import { isDomainError, type JsonObject } from '@fermata/contracts';
import type { ScriptedAnswer, ScriptedFailure } from '../answers/answer.js';
import { prepareAnswer } from '../answers/prepare-answer.js';
import { countInputTokens } from '../answers/token-usage.js';
import { checkConversation } from '../conversations/check-conversation.js';
import { type Conversation, createConversation } from '../conversations/conversation.js';
import type { RequestTarget, TokenCounting, WireProtocol } from '../protocols/protocol.js';
import { parseBody } from '../protocols/read-body.js';
import type { ScriptPlayer } from '../scripts/script-player.js';
import type { Reply } from './reply.js';

const defaultChunkSize = 32;

/** What is known of a request once it is decided how to answer it. */
export interface Decision {
  reply: Reply;
  conversation?: Conversation;
  body?: JsonObject | null;
  stream?: boolean;
  rule?: string | null;
  /** Set when the request should not have been sent. */
  failure?: string;
}

interface Asked {
  protocol: WireProtocol;
  body: JsonObject;
  conversation: Conversation;
  stream: boolean;
}

/** Reads a posted request and looks its reply up in the script. Every fault of the request becomes a 400. */
export async function decide(
  protocol: WireProtocol,
  request: RequestTarget & { text: string },
  player: ScriptPlayer,
): Promise<Decision> {
  let known: Partial<Asked> = {};
  try {
    const body = parseBody(request.text);
    known = { body };
    const wire = protocol.readRequest(body, request);
    const conversation = createConversation(wire.conversation);
    const asked = { protocol, body, conversation, stream: wire.stream };
    known = asked;
    return await consultScript(asked, player);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const failure = isDomainError(error) ? message : `The script function threw: ${message}`;
    return { ...withoutProtocol(known), ...refuse(protocol, failure) };
  }
}

/** Counts the prompt of a request without asking the script. Every fault of the request becomes a 400. */
export function countTokens(
  { protocol, counting }: { protocol: WireProtocol; counting: TokenCounting },
  request: { path: string; text: string },
): Decision {
  try {
    const conversation = createConversation(counting.read(parseBody(request.text), request.path));
    return { reply: { kind: 'json', body: counting.write(countInputTokens(conversation)) } };
  } catch (error) {
    return refuse(protocol, error instanceof Error ? error.message : String(error));
  }
}

async function consultScript(asked: Asked, player: ScriptPlayer): Promise<Decision> {
  const { protocol, conversation } = asked;
  const problem = checkConversation(conversation.messages);
  if (problem !== null) return { ...withoutProtocol(asked), ...refuse(protocol, problem) };
  const played = await player.play(conversation);
  if ('unexpected' in played) return { ...withoutProtocol(asked), ...refuse(protocol, played.unexpected) };
  const { reply, rule } = played;
  const sent = 'fail' in reply ? replyWithFailure(asked, reply.fail) : replyWithAnswer(asked, reply);
  return { ...withoutProtocol(asked), rule, reply: sent };
}

function refuse(protocol: WireProtocol, failure: string): { reply: Reply; failure: string } {
  return { reply: { kind: 'error', protocol, error: { status: 400, message: failure } }, failure };
}

function replyWithFailure(asked: Asked, fail: ScriptedFailure): Reply {
  if ('hang' in fail) return { kind: 'hang' };
  if ('cutStream' in fail) return replyWithAnswer(asked, { stream: { cutAfterChunks: 0 } });
  return { kind: 'failure', protocol: asked.protocol, failure: fail };
}

function replyWithAnswer({ protocol, conversation, body, stream }: Asked, scripted: ScriptedAnswer): Reply {
  const shape = scripted.stream ?? {};
  const answer = prepareAnswer(scripted, conversation);
  const wire = { model: conversation.model, answer, body, chunkSize: shape.chunkSize ?? defaultChunkSize };
  return { kind: 'answer', protocol, wire, stream, delayMs: scripted.delayMs ?? 0, shape };
}

function withoutProtocol({ body, conversation, stream }: Partial<Asked>): Omit<Decision, 'reply'> {
  return { ...(body && { body }), ...(conversation && { conversation }), stream: stream ?? false };
}
