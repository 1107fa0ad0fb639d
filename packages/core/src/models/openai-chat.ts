import { randomUUID } from 'node:crypto';
import type { AssistantBlock, Message, ModelRequest, StopReason, UserBlock } from '@fermata/contracts';
import type OpenAI from 'openai';
import { isReasoningModel } from './catalogue.js';
import { openAiEffort } from './reasoning.js';
import { type CheckedEndpoint, protocolFacts } from './check-endpoint.js';
import { estimateUsage } from './estimate-usage.js';
import type { ModelClient, ModelProgress } from './model-client.js';
import { createOpenAiSdk, resultText, toUsage } from './openai-sdk.js';
import { type AnswerCollector, createStreamingClient } from './streaming-client.js';
import { echoToolArguments, parseToolArguments } from './tool-arguments.js';

type WireRequest = OpenAI.Chat.ChatCompletionCreateParamsStreaming;
type WireMessage = OpenAI.Chat.ChatCompletionMessageParam;
type WireChunk = OpenAI.Chat.ChatCompletionChunk;
type WireDelta = OpenAI.Chat.ChatCompletionChunk.Choice.Delta;
type WireToolCall = OpenAI.Chat.ChatCompletionChunk.Choice.Delta.ToolCall;
type OpenToolCall = { index: number; callId: string; name: string; json: string };

/** Speaks Chat Completions: OpenAI's older protocol, and the one that compatible servers share. */
export function createOpenAiChatClient(endpoint: CheckedEndpoint): ModelClient {
  return createStreamingClient<WireChunk>(endpoint, {
    open: (request, watch) =>
      createOpenAiSdk(endpoint, watch)
        .chat.completions.create(toChatRequest(request, endpoint.baseUrl), { signal: watch.signal })
        .withResponse(),
    collect: (request, progress) => new ChatCollector(request, progress),
  });
}

export function toChatRequest(request: ModelRequest, baseUrl: string): WireRequest {
  const effort = openAiEffort(request);
  const system: WireMessage[] = request.system === '' ? [] : [{ role: 'system', content: request.system }];
  return {
    model: request.model,
    messages: [...system, ...request.messages.flatMap(toWireMessages)],
    stream: true,
    stream_options: { include_usage: true },
    ...outputLimit(request, baseUrl),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(request.tools.length === 0 ? {} : { tools: toWireTools(request), tool_choice: request.toolChoice }),
  };
}

function outputLimit(request: ModelRequest, baseUrl: string): Partial<WireRequest> {
  return takesModernLimit(request.model, baseUrl)
    ? { max_completion_tokens: request.maxOutputTokens }
    : { max_tokens: request.maxOutputTokens };
}

/** OpenAI's reasoning models refuse the old name of the limit; many compatible servers do not know the new one. */
export function takesModernLimit(model: string, baseUrl: string): boolean {
  return baseUrl === protocolFacts.openai_chat.baseUrl || isReasoningModel(model);
}

function toWireTools(request: ModelRequest): OpenAI.Chat.ChatCompletionTool[] {
  return request.tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    function: { name, description, parameters: inputSchema },
  }));
}

function toWireMessages(message: Message): WireMessage[] {
  if (message.role === 'user') return toUserMessages(message.blocks);
  const content = message.blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n');
  const calls = message.blocks.flatMap(toWireCall);
  if (content === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: content === '' ? null : content,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...reasoningOf(message.blocks),
    },
  ];
}

/** Results stand before texts: they must follow the calls they answer. */
function toUserMessages(blocks: readonly UserBlock[]): WireMessage[] {
  const results = blocks.filter((block) => block.type === 'tool_result');
  const text = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n');
  return [
    ...results.map((block) => ({ role: 'tool' as const, tool_call_id: block.callId, content: resultText(block) })),
    ...(text === '' ? [] : [{ role: 'user' as const, content: text }]),
  ];
}

function toWireCall(block: AssistantBlock): OpenAI.Chat.ChatCompletionMessageFunctionToolCall[] {
  if (block.type !== 'tool_call') return [];
  const text = JSON.stringify(echoToolArguments(block));
  return [{ id: block.callId, type: 'function', function: { name: block.name, arguments: text } }];
}

/** Only servers that sent their reasoning get it back, under the name they gave it. */
function reasoningOf(blocks: readonly AssistantBlock[]): object {
  const own = blocks.filter((block) => block.type === 'thinking' && block.provider === 'openai_chat');
  return Object.assign({}, ...own.map((block) => (block.type === 'thinking' ? block.data : {}))) as object;
}

class ChatCollector implements AnswerCollector<WireChunk> {
  readonly #request: ModelRequest;
  readonly #progress: (delta: ModelProgress) => void;
  readonly #calls: OpenToolCall[] = [];
  readonly #reasoning = new Map<string, string>();
  #text = '';
  #refused = false;
  #model: string | null = null;
  #finishReason: string | null = null;
  #usage: OpenAI.CompletionUsage | null = null;

  constructor(request: ModelRequest, progress: (delta: ModelProgress) => void) {
    this.#request = request;
    this.#progress = progress;
  }

  /** Never complete before the stream ends: usage follows the finish reason, if it comes at all. */
  add(chunk: WireChunk): boolean {
    this.#model ??= chunk.model;
    this.#usage = chunk.usage ?? this.#usage;
    const choice = chunk.choices[0];
    if (!choice) return false;
    this.#finishReason = choice.finish_reason ?? this.#finishReason;
    this.#take(choice.delta);
    return false;
  }

  answer() {
    if (this.#finishReason === null) return null;
    const blocks = this.#blocks();
    return {
      blocks,
      stopReason: this.#stopReason(),
      usage: this.#usage ? usageOf(this.#usage) : estimateUsage(this.#request, blocks),
      model: this.#model ?? this.#request.model,
    };
  }

  #take(delta: WireDelta): void {
    if (delta.content) this.#say(delta.content);
    if (delta.refusal) {
      this.#refused = true;
      this.#say(delta.refusal);
    }
    for (const name of reasoningNames) this.#think(name, (delta as Record<string, unknown>)[name]);
    for (const piece of delta.tool_calls ?? []) this.#extendCall(piece);
  }

  #say(text: string): void {
    this.#text += text;
    this.#progress({ kind: 'text', text });
  }

  #think(name: string, text: unknown): void {
    if (typeof text !== 'string' || text === '') return;
    this.#reasoning.set(name, (this.#reasoning.get(name) ?? '') + text);
    this.#progress({ kind: 'thinking', text });
  }

  #extendCall(piece: WireToolCall): void {
    const call = this.#openCall(piece);
    const name = piece.function?.name ?? '';
    const json = piece.function?.arguments ?? '';
    call.name += name;
    call.json += json;
    for (const text of [name, json]) if (text !== '') this.#progress({ kind: 'tool_call', text });
  }

  /** Some servers give every call the index 0, or none: another id is another call. */
  #openCall(piece: WireToolCall): OpenToolCall {
    const index = (piece.index as number | undefined) ?? 0;
    const open = this.#calls.findLast((call) => call.index === index);
    if (open && (!piece.id || piece.id === open.callId)) return open;
    const call = { index, callId: piece.id || `call_${randomUUID()}`, name: '', json: '' };
    this.#calls.push(call);
    return call;
  }

  #blocks(): AssistantBlock[] {
    const thinking = [...this.#reasoning].slice(0, 1);
    return [
      ...thinking.map(([name, text]) => ({
        type: 'thinking' as const,
        provider: 'openai_chat' as const,
        data: { [name]: text },
      })),
      ...(this.#text === '' ? [] : [{ type: 'text' as const, text: this.#text }]),
      ...this.#calls.map(({ callId, name, json }) => ({
        type: 'tool_call' as const,
        callId,
        name,
        ...parseToolArguments(json),
      })),
    ];
  }

  /** Compatible servers say `stop` with tool calls too. */
  #stopReason(): StopReason {
    if (this.#refused) return 'refusal';
    const reason = finishReasons[this.#finishReason ?? ''] ?? 'other';
    return reason === 'end_turn' && this.#calls.length > 0 ? 'tool_use' : reason;
  }
}

/** No part of OpenAI's own protocol: what DeepSeek, Moonshot, vLLM and others stream their thoughts under. */
const reasoningNames = ['reasoning_content', 'reasoning'] as const;

const finishReasons: Readonly<Record<string, StopReason>> = {
  stop: 'end_turn',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  length: 'max_tokens',
  content_filter: 'refusal',
};

function usageOf(usage: OpenAI.CompletionUsage) {
  return toUsage({
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
    cacheRead: usage.prompt_tokens_details?.cached_tokens,
    cacheWrite: usage.prompt_tokens_details?.cache_write_tokens,
  });
}
