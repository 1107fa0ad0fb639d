import { type JsonObject, noUsage } from '@fermata/contracts';
import { anthropicSuit, anthropicThinkingBudget, withoutAnthropicThoughts } from './anthropic-suit.js';
import type { AnswerReader, GatewayDialect, ReportedUsage } from './dialect.js';
import { countAt, cutTo, objectAt, objectsAt, textAt } from './json-members.js';

/** https://platform.claude.com/docs/en/api/errors */
const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
};

/** Tools with a type of the provider's that the client runs all the same. */
const clientRun = /^(custom|(bash|text_editor|computer|memory|tool_search_tool)_.*)$/;

/** Messages: https://platform.claude.com/docs/en/api/messages */
export const anthropicDialect: GatewayDialect = {
  protocol: 'anthropic',
  upstreamPath: ({ kind, query }) => {
    const beta = query.get('beta') === 'true' ? '?beta=true' : '';
    return `${kind === 'count' ? '/v1/messages/count_tokens' : '/v1/messages'}${beta}`;
  },
  keyHeaders: (apiKey) => ({ 'x-api-key': apiKey }),
  shape: (body, { model, maxOutputTokens }) => {
    const outputTokens = cutTo(maxOutputTokens, countAt(body, 'max_tokens'));
    return { body: { ...body, model, max_tokens: outputTokens }, outputTokens };
  },
  withoutThoughts: withoutAnthropicThoughts,
  suit: anthropicSuit,
  thinkingBudget: anthropicThinkingBudget,
  providerTools: (body) => [
    ...objectsAt(body, 'tools')
      .map((tool) => textAt(tool, 'type') ?? 'custom')
      .filter((type) => !clientRun.test(type)),
    ...(objectsAt(body, 'mcp_servers').length > 0 ? ['mcp_servers'] : []),
  ],
  createReader: () => new AnthropicReader(),
  writeError: (refusal, requestId) => writeError(refusal, requestId),
  streamError: (refusal, { requestId }) => `event: error\ndata: ${JSON.stringify(writeError(refusal, requestId))}\n\n`,
  asksAgainAfter: 'status',
};

function writeError({ status, message }: { status: number; message: string }, requestId: string): JsonObject {
  const type = errorTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error', error: { type, message }, request_id: requestId };
}

class AnthropicReader implements AnswerReader {
  complete = false;
  usage: ReportedUsage | null = null;
  model: string | null = null;
  characters = 0;
  readonly thoughts: string[] = [];

  addEvent(event: JsonObject): void {
    switch (textAt(event, 'type')) {
      case 'message_start':
        this.model = textAt(objectAt(event, 'message'), 'model');
        this.#count(objectAt(objectAt(event, 'message'), 'usage'));
        break;
      case 'content_block_start':
        this.#noteThought(objectAt(event, 'content_block'));
        break;
      case 'content_block_delta':
        this.characters += lengthOfDelta(objectAt(event, 'delta'));
        this.#noteThought(objectAt(event, 'delta'));
        break;
      case 'message_delta':
        this.#count(objectAt(event, 'usage'));
        break;
      case 'message_stop':
        this.complete = true;
        break;
      default:
        break;
    }
  }

  addWhole(answer: JsonObject): void {
    this.model = textAt(answer, 'model');
    this.#count(objectAt(answer, 'usage'));
    this.characters = JSON.stringify(answer['content'] ?? '').length;
    objectsAt(answer, 'content').forEach((block) => this.#noteThought(block));
    this.complete = true;
  }

  /** A signature comes whole, in one delta. */
  #noteThought(part: JsonObject): void {
    const mark =
      textAt(part, 'signature') ?? (textAt(part, 'type') === 'redacted_thinking' ? textAt(part, 'data') : null);
    if (mark) this.thoughts.push(mark);
  }

  /** Counts are cumulative: a later one replaces an earlier one, an absent one changes nothing. */
  #count(wire: JsonObject): void {
    const counts = {
      inputTokens: countAt(wire, 'input_tokens'),
      outputTokens: countAt(wire, 'output_tokens'),
      cacheReadTokens: countAt(wire, 'cache_read_input_tokens'),
      cacheWriteTokens: countAt(wire, 'cache_creation_input_tokens'),
      longCacheWriteTokens: countAt(objectAt(wire, 'cache_creation'), 'ephemeral_1h_input_tokens'),
    };
    if (this.usage === null && counts.inputTokens === null) return;
    const present = Object.entries(counts).filter(([, count]) => count !== null);
    this.usage = { ...(this.usage ?? nothing), ...(Object.fromEntries(present) as Partial<ReportedUsage>) };
  }
}

const nothing: ReportedUsage = { ...noUsage, longCacheWriteTokens: 0 };

function lengthOfDelta(delta: JsonObject): number {
  const said = textAt(delta, 'text') ?? textAt(delta, 'thinking') ?? textAt(delta, 'partial_json');
  return said?.length ?? 0;
}
