import type { AssistantBlock, JsonObject, Message, ModelRequest, StopReason, ThinkingBlock } from '@fermata/contracts';
import type OpenAI from 'openai';
import { reasons } from './catalogue.js';
import { openAiEffort } from './reasoning.js';
import type { CheckedEndpoint } from './check-endpoint.js';
import { estimateUsage } from './estimate-usage.js';
import type { ModelClient, ModelProgress } from './model-client.js';
import { createOpenAiSdk, resultText, toUsage } from './openai-sdk.js';
import { ReportedInStream } from './provider-errors.js';
import { type AnswerCollector, createStreamingClient } from './streaming-client.js';
import { echoToolArguments, parseToolArguments } from './tool-arguments.js';

type WireRequest = OpenAI.Responses.ResponseCreateParamsStreaming;
type WireEvent = OpenAI.Responses.ResponseStreamEvent;
type WireItem = OpenAI.Responses.ResponseInputItem;
type OutputItem = OpenAI.Responses.ResponseOutputItem;

/** Speaks the Responses API, stateless: nothing is stored there, so reasoning travels encrypted in the conversation. */
export function createOpenAiResponsesClient(endpoint: CheckedEndpoint): ModelClient {
  return createStreamingClient<WireEvent>(endpoint, {
    open: (request, watch) =>
      createOpenAiSdk(endpoint, watch)
        .responses.create(toResponsesRequest(request), { signal: watch.signal })
        .withResponse(),
    collect: (request, progress) => new ResponsesCollector(request, progress),
  });
}

export function toResponsesRequest(request: ModelRequest): WireRequest {
  const effort = openAiEffort(request);
  return {
    model: request.model,
    input: request.messages.flatMap(toItems),
    max_output_tokens: request.maxOutputTokens,
    store: false,
    stream: true,
    ...(request.system === '' ? {} : { instructions: request.system }),
    // A model that does not reason answers this with a 400.
    ...(reasons(request) ? { include: ['reasoning.encrypted_content'] } : {}),
    ...(effort === undefined ? {} : { reasoning: { effort } }),
    ...(request.tools.length === 0 ? {} : { tools: toWireTools(request), tool_choice: request.toolChoice }),
  };
}

function toWireTools(request: ModelRequest): OpenAI.Responses.FunctionTool[] {
  return request.tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    name,
    description,
    parameters: inputSchema,
    strict: false,
  }));
}

function toItems(message: Message): WireItem[] {
  if (message.role === 'assistant') return message.blocks.flatMap(toAssistantItem);
  return message.blocks.map((block) =>
    block.type === 'text'
      ? { role: 'user', content: block.text }
      : { type: 'function_call_output', call_id: block.callId, output: resultText(block) },
  );
}

function toAssistantItem(block: AssistantBlock): WireItem[] {
  if (block.type === 'text') return [{ role: 'assistant', content: block.text }];
  if (block.type === 'thinking') return toReasoningItem(block);
  const text = JSON.stringify(echoToolArguments(block));
  return [{ type: 'function_call', call_id: block.callId, name: block.name, arguments: text }];
}

/** Without its encrypted content a reasoning item is only an id, which a server that stored nothing cannot find. */
function toReasoningItem({ provider, data }: ThinkingBlock): WireItem[] {
  if (provider !== 'openai_responses' || typeof data['encrypted_content'] !== 'string') return [];
  return [data as unknown as OpenAI.Responses.ResponseReasoningItem];
}

class ResponsesCollector implements AnswerCollector<WireEvent> {
  readonly #request: ModelRequest;
  readonly #progress: (delta: ModelProgress) => void;
  readonly #items = new Map<number, OutputItem>();
  #final: OpenAI.Responses.Response | null = null;

  constructor(request: ModelRequest, progress: (delta: ModelProgress) => void) {
    this.#request = request;
    this.#progress = progress;
  }

  add(event: WireEvent): boolean {
    switch (event.type) {
      case 'response.output_item.done':
        this.#items.set(event.output_index, event.item);
        break;
      case 'response.completed':
      case 'response.incomplete':
        this.#final = event.response;
        break;
      case 'response.failed':
        throw reported(event.response.error);
      case 'error':
        throw reported(event);
      default:
        this.#show(event);
    }
    return this.#final !== null;
  }

  answer() {
    if (!this.#final) return null;
    // Items are taken as they were finished; some servers leave them out of the last event, others send them only there.
    const items = this.#items.size > 0 ? inOrder(this.#items) : this.#final.output;
    const blocks = items.flatMap(toBlocks);
    const { usage, model } = this.#final;
    return {
      blocks,
      stopReason: stopReasonOf(this.#final, items),
      usage: usage ? usageOf(usage) : estimateUsage(this.#request, blocks),
      model,
    };
  }

  #show(event: WireEvent): void {
    const kind = progressKinds[event.type];
    if (kind && 'delta' in event && typeof event.delta === 'string') this.#progress({ kind, text: event.delta });
    if (event.type === 'response.output_item.added' && event.item.type === 'function_call') {
      this.#progress({ kind: 'tool_call', text: event.item.name });
    }
  }
}

const progressKinds: Readonly<Partial<Record<string, ModelProgress['kind']>>> = {
  'response.output_text.delta': 'text',
  'response.refusal.delta': 'text',
  'response.reasoning_summary_text.delta': 'thinking',
  'response.reasoning_text.delta': 'thinking',
  'response.function_call_arguments.delta': 'tool_call',
};

function reported(error: { code?: string | null; type?: string | null; message?: string } | null): ReportedInStream {
  return new ReportedInStream({
    code: error?.code ?? null,
    type: error?.type ?? null,
    message: error?.message ?? null,
  });
}

function inOrder(items: ReadonlyMap<number, OutputItem>): OutputItem[] {
  return [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
}

function toBlocks(item: OutputItem): AssistantBlock[] {
  if (item.type === 'message') {
    const text = item.content.map((part) => (part.type === 'refusal' ? part.refusal : part.text)).join('');
    return text === '' ? [] : [{ type: 'text', text }];
  }
  if (item.type === 'function_call') {
    return [{ type: 'tool_call', callId: item.call_id, name: item.name, ...parseToolArguments(item.arguments) }];
  }
  return item.type === 'reasoning' ? [{ type: 'thinking', provider: 'openai_responses', data: kept(item) }] : [];
}

/** What the API takes back of a reasoning item; its status is output only. */
function kept(item: OpenAI.Responses.ResponseReasoningItem): JsonObject {
  return {
    type: item.type,
    id: item.id,
    summary: item.summary as unknown as JsonObject[],
    ...(item.content ? { content: item.content as unknown as JsonObject[] } : {}),
    ...(item.encrypted_content ? { encrypted_content: item.encrypted_content } : {}),
  };
}

function stopReasonOf(final: OpenAI.Responses.Response, items: readonly OutputItem[]): StopReason {
  const cut = final.incomplete_details?.reason;
  if (cut === 'max_output_tokens') return 'max_tokens';
  if (cut === 'content_filter' || items.some(isRefusal)) return 'refusal';
  if (cut) return 'other';
  return items.some((item) => item.type === 'function_call') ? 'tool_use' : 'end_turn';
}

function isRefusal(item: OutputItem): boolean {
  return item.type === 'message' && item.content.some((part) => part.type === 'refusal');
}

function usageOf(usage: OpenAI.Responses.ResponseUsage) {
  // Compatible servers leave the breakdown out.
  const details = usage.input_tokens_details as Partial<typeof usage.input_tokens_details> | null | undefined;
  return toUsage({
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: details?.cached_tokens,
    cacheWrite: details?.cache_write_tokens,
  });
}
