import Anthropic from '@anthropic-ai/sdk';
import {
  type AssistantBlock,
  type JsonObject,
  type Message,
  type ModelRequest,
  type StopReason,
  type ToolCallBlock,
  type Usage,
  type UserBlock,
} from '@fermata/contracts';
import { acceptsForcedToolUse } from './catalogue.js';
import { anthropicReasoning } from './reasoning.js';
import type { CheckedEndpoint } from './check-endpoint.js';
import type { ModelClient, ModelProgress } from './model-client.js';
import type { SilenceWatch } from './silence-watch.js';
import { type AnswerCollector, createStreamingClient, sdkDefaults } from './streaming-client.js';
import { echoToolArguments, parseToolArguments } from './tool-arguments.js';

type WireRequest = Anthropic.MessageCreateParamsStreaming;
type WireEvent = Anthropic.RawMessageStreamEvent;
type WireBlock = Anthropic.ContentBlockParam;
type OpenText = { kind: 'text'; text: string };
type OpenThinking = { kind: 'thinking'; data: Record<string, string> };
/** `other`: a kind we never ask for, passed over. */
type OpenBlock = OpenText | OpenThinking | OpenToolCall | { kind: 'other' };
type OpenToolCall = { kind: 'tool_call'; callId: string; name: string; json: string };

/** Speaks the Messages API. */
export function createAnthropicClient(endpoint: CheckedEndpoint): ModelClient {
  return createStreamingClient<WireEvent>(endpoint, {
    open: (request, watch) =>
      createSdk(endpoint, watch).messages.create(toAnthropicRequest(request), { signal: watch.signal }).withResponse(),
    collect: (_request, progress) => new AnthropicCollector(progress),
  });
}

/** The SDK sends the key as a bearer token; gateways older than API version 2026-10-21 look for it in `x-api-key`. */
function createSdk({ apiKey, baseUrl }: CheckedEndpoint, { fetch }: SilenceWatch): Anthropic {
  const defaultHeaders = { 'x-api-key': apiKey };
  return new Anthropic({ ...sdkDefaults, apiKey, baseURL: baseUrl, fetch, defaultHeaders, openTelemetry: false });
}

/** The request as it is sent. Everything before the two newest user messages is marked for the prompt cache. */
export function toAnthropicRequest(request: ModelRequest): WireRequest {
  const messages = request.messages.map(toWireMessage).filter((message) => message.content.length > 0);
  const newest = messages.filter((message) => message.role === 'user').slice(-2);
  for (const message of newest) markForCache(message.content);
  return {
    model: request.model,
    max_tokens: request.maxOutputTokens,
    stream: true,
    messages,
    ...(request.system === '' ? {} : { system: [{ type: 'text', text: request.system, cache_control: ephemeral }] }),
    ...(request.tools.length === 0 ? {} : { tools: toWireTools(request), tool_choice: toWireToolChoice(request) }),
    ...anthropicReasoning(request),
  };
}

const ephemeral = { type: 'ephemeral' } as const;

function toWireTools(request: ModelRequest): Anthropic.Tool[] {
  return request.tools.map(({ name, description, inputSchema }) => ({
    name,
    description,
    input_schema: inputSchema as unknown as Anthropic.Tool.InputSchema,
  }));
}

/** Models that think refuse a forced tool call with a 400, so they are only asked. */
function toWireToolChoice(request: ModelRequest): Anthropic.ToolChoice {
  const isForced = request.toolChoice === 'required' && acceptsForcedToolUse(request);
  return { type: isForced && anthropicReasoning(request).thinking === undefined ? 'any' : 'auto' };
}

function toWireMessage(message: Message): { role: 'user' | 'assistant'; content: WireBlock[] } {
  return message.role === 'user'
    ? { role: 'user', content: message.blocks.map(toWireUserBlock) }
    : { role: 'assistant', content: message.blocks.flatMap(toWireAssistantBlock) };
}

function toWireUserBlock(block: UserBlock): WireBlock {
  if (block.type === 'text') return { type: 'text', text: block.text };
  return { type: 'tool_result', tool_use_id: toCallId(block.callId), content: block.text, is_error: block.isError };
}

function toWireAssistantBlock(block: AssistantBlock): WireBlock[] {
  if (block.type === 'text') return [{ type: 'text', text: block.text }];
  if (block.type === 'tool_call') {
    return [{ type: 'tool_use', id: toCallId(block.callId), name: block.name, input: echoToolArguments(block) }];
  }
  return block.provider === 'anthropic' ? [block.data as unknown as Anthropic.ThinkingBlockParam] : [];
}

/** The API takes no other ids; compatible servers of other protocols give some (`functions.list:0`). */
function toCallId(callId: string): string {
  return callId.replace(/[^a-zA-Z0-9_-]/g, '_');
}

function markForCache(content: WireBlock[]): void {
  const last = content.at(-1);
  if (last?.type === 'text' || last?.type === 'tool_result') last.cache_control = ephemeral;
}

class AnthropicCollector implements AnswerCollector<WireEvent> {
  readonly #open = new Map<number, OpenBlock>();
  readonly #progress: (delta: ModelProgress) => void;
  #usage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  #model: string | null = null;
  #stopReason: string | null = null;
  #complete = false;

  constructor(progress: (delta: ModelProgress) => void) {
    this.#progress = progress;
  }

  add(event: WireEvent): boolean {
    switch (event.type) {
      case 'message_start':
        this.#model = event.message.model;
        this.#count(event.message.usage);
        break;
      case 'content_block_start':
        this.#begin(event.index, event.content_block);
        break;
      case 'content_block_delta':
        this.#extend(event.index, event.delta);
        break;
      case 'message_delta':
        this.#stopReason = event.delta.stop_reason;
        this.#count(event.usage);
        break;
      case 'message_stop':
        this.#complete = true;
        break;
      case 'content_block_stop':
        break;
    }
    return this.#complete;
  }

  answer() {
    if (!this.#complete || this.#model === null) return null;
    const inOrder = [...this.#open].sort(([a], [b]) => a - b);
    const stopReason = toStopReason(this.#stopReason);
    const blocks = inOrder
      .map(([, block]) => block)
      .filter((block) => stopReason !== 'max_tokens' || !isCutThought(block));
    return { blocks: blocks.flatMap(closeBlock), stopReason, usage: this.#usage, model: this.#model };
  }

  #begin(index: number, block: Anthropic.ContentBlock): void {
    this.#open.set(index, openBlock(block));
    if (block.type === 'tool_use') this.#progress({ kind: 'tool_call', text: block.name });
  }

  #extend(index: number, delta: Anthropic.RawContentBlockDelta): void {
    const block = this.#open.get(index);
    if (!block) throw new Error(`delta for block ${index}, which was never begun`);
    if (block.kind === 'text') this.#say(block, delta);
    if (block.kind === 'thinking') this.#think(block.data, delta);
    if (block.kind === 'tool_call') this.#call(block, delta);
  }

  #say(block: OpenText, delta: Anthropic.RawContentBlockDelta): void {
    if (delta.type !== 'text_delta') return;
    block.text += delta.text;
    this.#progress({ kind: 'text', text: delta.text });
  }

  #call(block: OpenToolCall, delta: Anthropic.RawContentBlockDelta): void {
    if (delta.type !== 'input_json_delta') return;
    block.json += delta.partial_json;
    this.#progress({ kind: 'tool_call', text: delta.partial_json });
  }

  #think(data: Record<string, string>, delta: Anthropic.RawContentBlockDelta): void {
    if (delta.type === 'signature_delta') data['signature'] = delta.signature;
    if (delta.type !== 'thinking_delta') return;
    data['thinking'] = (data['thinking'] ?? '') + delta.thinking;
    this.#progress({ kind: 'thinking', text: delta.thinking });
  }

  /** Counts are cumulative: a later one replaces an earlier one, an absent one changes nothing. */
  #count(usage: Partial<Anthropic.MessageDeltaUsage> | null | undefined): void {
    this.#usage = {
      inputTokens: usage?.input_tokens ?? this.#usage.inputTokens,
      outputTokens: usage?.output_tokens ?? this.#usage.outputTokens,
      cacheReadTokens: usage?.cache_read_input_tokens ?? this.#usage.cacheReadTokens,
      cacheWriteTokens: usage?.cache_creation_input_tokens ?? this.#usage.cacheWriteTokens,
    };
  }
}

function openBlock(block: Anthropic.ContentBlock): OpenBlock {
  switch (block.type) {
    case 'text':
      return { kind: 'text', text: block.text };
    case 'thinking':
    case 'redacted_thinking':
      return { kind: 'thinking', data: { ...block } };
    case 'tool_use':
      return { kind: 'tool_call', callId: block.id, name: block.name, json: wholeInput(block.input) };
    default:
      return { kind: 'other' };
  }
}

/** Compatible servers send the input whole with the start of the block and no deltas. */
function wholeInput(input: unknown): string {
  return typeof input === 'object' && input !== null && Object.keys(input).length > 0 ? JSON.stringify(input) : '';
}

/** A thought that the limit cut off was never signed, and the API refuses to take it back. */
function isCutThought(block: OpenBlock): boolean {
  return block.kind === 'thinking' && block.data['type'] === 'thinking' && !block.data['signature'];
}

function closeBlock(block: OpenBlock): AssistantBlock[] {
  if (block.kind === 'text') return block.text === '' ? [] : [{ type: 'text', text: block.text }];
  if (block.kind === 'other') return [];
  if (block.kind === 'thinking') {
    return [{ type: 'thinking', provider: 'anthropic', data: block.data satisfies JsonObject }];
  }
  const call: ToolCallBlock = {
    type: 'tool_call',
    callId: block.callId,
    name: block.name,
    ...parseToolArguments(block.json),
  };
  return [call];
}

const stopReasons: Readonly<Record<string, StopReason>> = {
  end_turn: 'end_turn',
  stop_sequence: 'end_turn',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  model_context_window_exceeded: 'max_tokens',
  refusal: 'refusal',
};

function toStopReason(reason: string | null): StopReason {
  return stopReasons[reason ?? ''] ?? 'other';
}
