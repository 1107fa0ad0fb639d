import type { JsonObject } from '@fermata/contracts';
import type { GatewayRefusal } from '../gateway-ports.js';
import { responsesSuit, thoughtsIn, withoutReasoningItems } from './openai-suit.js';
import type { AnswerReader, GatewayDialect, ReportedUsage } from './dialect.js';
import { countAt, cutTo, objectAt, objectsAt, textAt } from './json-members.js';
import { openAiKeyHeaders, openAiProviderTools, readOpenAiUsage, writeOpenAiError } from './openai-parts.js';

/** Responses: https://platform.openai.com/docs/api-reference/responses */
export const openAiResponsesDialect: GatewayDialect = {
  protocol: 'openai_responses',
  upstreamPath: () => '/responses',
  keyHeaders: openAiKeyHeaders,
  shape: (body, { model, maxOutputTokens }) => {
    const outputTokens = cutTo(maxOutputTokens, countAt(body, 'max_output_tokens'));
    return { body: { ...body, model, max_output_tokens: outputTokens }, outputTokens };
  },
  withoutThoughts: withoutReasoningItems,
  suit: responsesSuit,
  thinkingBudget: () => 0,
  providerTools: openAiProviderTools,
  createReader: () => new ResponsesReader(),
  writeError: writeOpenAiError,
  streamError: writeFailure,
  asksAgainAfter: 'event',
};

/**
 * Codex asks again after what the message says, when the code is one that passes. The vendor's own client takes no response
 * that was never created.
 */
function writeFailure(refusal: GatewayRefusal, { requestId, begun }: { requestId: string; begun: boolean }): string {
  const { status, message, retryAfterMs } = refusal;
  const code = status === 429 ? 'rate_limit_exceeded' : status < 500 ? 'invalid_prompt' : 'server_error';
  const again = retryAfterMs === undefined ? '' : ` Please try again in ${Math.ceil(retryAfterMs / 1000)}s.`;
  const response = { id: `resp_${requestId}`, object: 'response', output: [], usage: null };
  const failed = { ...response, status: 'failed', error: { code, message: message + again } };
  const created = begun ? '' : eventOf('response.created', { ...response, status: 'in_progress', error: null });
  return created + eventOf('response.failed', failed);
}

function eventOf(type: string, response: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, response })}\n\n`;
}

class ResponsesReader implements AnswerReader {
  complete = false;
  usage: ReportedUsage | null = null;
  model: string | null = null;
  characters = 0;
  readonly thoughts: string[] = [];

  addEvent(event: JsonObject): void {
    const type = textAt(event, 'type') ?? '';
    if (type.endsWith('.delta')) this.characters += textAt(event, 'delta')?.length ?? 0;
    if (type === 'response.output_item.done') this.thoughts.push(...thoughtsIn([objectAt(event, 'item')]));
    if (type === 'response.created') this.#read(objectAt(event, 'response'));
    if (/^response\.(completed|incomplete|failed)$/.test(type)) {
      this.#read(objectAt(event, 'response'));
      this.complete = true;
    }
  }

  addWhole(answer: JsonObject): void {
    this.#read(answer);
    this.thoughts.push(...thoughtsIn(objectsAt(answer, 'output')));
    this.characters = JSON.stringify(answer['output'] ?? '').length;
    this.complete = true;
  }

  #read(response: JsonObject): void {
    this.model = textAt(response, 'model') ?? this.model;
    const names = { input: 'input_tokens', output: 'output_tokens' };
    this.usage = readOpenAiUsage(objectAt(response, 'usage'), names) ?? this.usage;
  }
}
