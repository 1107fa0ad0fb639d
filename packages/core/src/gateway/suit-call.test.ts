import type { JsonObject, ModelTraits } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { anthropicDialect } from './dialects/anthropic-dialect.js';
import type { GatewayDialect } from './dialects/dialect.js';
import { geminiDialect } from './dialects/gemini-dialect.js';
import { openAiChatDialect } from './dialects/openai-chat-dialect.js';
import { openAiResponsesDialect } from './dialects/openai-responses-dialect.js';
import { suitBody } from './suit-call.js';

const budgeted = { reasoning: true, forcedToolUse: true };
const always = { reasoning: true, forcedToolUse: false };
const plain = { reasoning: false, forcedToolUse: true };
const thinker = budgeted;

interface Wanted {
  traits?: ModelTraits;
  isStandIn?: boolean;
  /** Thoughts of other models. */
  foreign?: readonly string[];
  areMixed?: boolean;
  model?: string;
}

function suited(dialect: GatewayDialect, body: JsonObject, wanted: Wanted = {}) {
  const { traits, isStandIn = true, foreign = [], areMixed = false, model = 'other' } = wanted;
  const facts = { baseUrl: 'http://p', apiKey: 'k', model, price: null, contextWindow: null, maxOutputTokens: 100 };
  const upstream = { ...facts, ...(traits && { traits }) };
  const origins = { isForeign: (thought: string) => foreign.includes(thought), areMixed };
  return suitBody(body, { origins, isStandIn }, { dialect, upstream });
}

const said = (...content: JsonObject[]) => ({ role: 'assistant', content });
const question = { role: 'user', content: 'hi' };
const thought = (signature: string) => ({ type: 'thinking', thinking: '…', signature });
const text = { type: 'text', text: 'Yes.' };
const call = { type: 'tool_use', id: 't', name: 'look', input: {} };

describe('an Anthropic request', () => {
  it('is not written anew for the model that it was written for', () => {
    const body = { temperature: 1, thinking: { type: 'adaptive' }, messages: [question, said(thought('a'), text)] };
    expect(suited(anthropicDialect, body, { isStandIn: false, traits: budgeted })).toBe(body);
  });

  it('loses the thoughts of others, hidden ones too, and a turn that was nothing else', () => {
    const hidden = { type: 'redacted_thinking', data: 'b' };
    const messages = [
      question,
      said(thought('a'), hidden, text),
      question,
      said(thought('a')),
      said(thought('own'), text),
    ];
    expect(suited(anthropicDialect, { messages }, { foreign: ['a', 'b'] })).toEqual({
      messages: [question, said(text), question, said(thought('own'), text)],
    });
  });

  it('does not think on after calls that another model made, and says nothing of older thoughts then', () => {
    const body = {
      thinking: { type: 'enabled', budget_tokens: 1_024 },
      context_management: { edits: [{ type: 'clear_thinking_20251015' }, { type: 'clear_tool_uses_20250919' }] },
      messages: [question, said(thought('a'), call)],
    };
    const sent = suited(anthropicDialect, body, { foreign: ['a'], isStandIn: false });
    expect(sent).toEqual({
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      messages: [question, said(call)],
    });
    const own = { ...body, messages: [...body.messages, said(thought('own'), call)] };
    expect(suited(anthropicDialect, own, { foreign: ['a'], isStandIn: false })).toHaveProperty('thinking');
    const later = { ...body, messages: [...body.messages, said(call)] };
    expect(suited(anthropicDialect, later, { isStandIn: false, areMixed: true })).not.toHaveProperty('thinking');
    expect(suited(anthropicDialect, later, { isStandIn: false })).toBe(later);
    const over = { ...body, messages: [question, said(thought('a'), text), question] };
    expect(suited(anthropicDialect, over, { foreign: ['a'], isStandIn: false })).toHaveProperty('thinking');
  });

  it('for a model that takes a budget has no effort, and no thoughts at its own discretion', () => {
    const body = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, messages: [question] };
    expect(suited(anthropicDialect, body, { traits: budgeted })).toEqual({ messages: [question] });
    const format = { format: { type: 'json_schema' } };
    const formatted = { ...body, output_config: { effort: 'high', ...format } };
    expect(suited(anthropicDialect, formatted, { traits: budgeted })).toMatchObject({ output_config: format });
    const enabled = { thinking: { type: 'enabled', budget_tokens: 2_000 }, messages: [question] };
    expect(suited(anthropicDialect, enabled, { traits: budgeted })).toEqual(enabled);
    expect(suited(anthropicDialect, enabled, { traits: plain })).toEqual({ messages: [question] });
  });

  it('for a model that always thinks has no budget and no temperature, and cannot demand a call', () => {
    const enabled = { thinking: { type: 'enabled', budget_tokens: 2_000 }, temperature: 1, messages: [question] };
    expect(suited(anthropicDialect, enabled, { traits: always })).toEqual({ messages: [question] });
    const forced = { tool_choice: { type: 'any' }, messages: [question] };
    expect(suited(anthropicDialect, forced, { traits: always })).toMatch(/cannot be made to call a tool/);
    expect(suited(anthropicDialect, forced, { traits: budgeted })).toEqual(forced);
  });
});

describe('a request of Responses', () => {
  const reasoning = (encrypted_content: string) => ({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content });
  const message = { type: 'message', id: 'msg_1', role: 'assistant', content: [] };
  const made = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'look', arguments: '{}' };

  it('loses the thoughts of others, and the ids by which what followed them is looked up', () => {
    const input = [reasoning('a'), made, reasoning('own'), message];
    expect(suited(openAiResponsesDialect, { input }, { foreign: ['a'] })).toEqual({
      input: [
        { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' },
        reasoning('own'),
        { type: 'message', role: 'assistant', content: [] },
      ],
    });
    expect(suited(openAiResponsesDialect, { input })).toEqual({ input });
    expect(suited(openAiResponsesDialect, { input: 'hi' }, { foreign: ['a'] })).toEqual({ input: 'hi' });
  });

  it('for a model that does not think asks for no thoughts', () => {
    const body = {
      input: [reasoning('a'), message],
      reasoning: { effort: 'high' },
      include: ['reasoning.encrypted_content'],
      text: { verbosity: 'low', format: { type: 'text' } },
      temperature: 0,
    };
    expect(suited(openAiResponsesDialect, body, { traits: plain })).toEqual({
      input: [{ type: 'message', role: 'assistant', content: [] }],
      text: { format: { type: 'text' } },
      temperature: 0,
    });
    const tools = [{ type: 'custom', name: 'apply_patch' }];
    expect(suited(openAiResponsesDialect, { input: 'hi', tools }, { traits: plain })).toMatch(/without a schema/);
  });

  it('for another that thinks asks for what all of them know', () => {
    const body = { input: 'hi', reasoning: { effort: 'xhigh', summary: 'auto' }, temperature: 0 };
    expect(suited(openAiResponsesDialect, body, { traits: thinker })).toEqual({
      input: 'hi',
      reasoning: { effort: 'high', summary: 'auto' },
    });
  });
});

describe('a request of Chat Completions', () => {
  it('has what the other model takes', () => {
    const body = { messages: [], reasoning_effort: 'minimal', verbosity: 'low', temperature: 0 };
    expect(suited(openAiChatDialect, body, { traits: plain })).toEqual({ messages: [], temperature: 0 });
    expect(suited(openAiChatDialect, body, { traits: thinker })).toEqual({
      ...{ messages: [], reasoning_effort: 'low', verbosity: 'low' },
    });
    expect(suited(openAiChatDialect, body)).toBe(body);
  });
});

describe('a request of Gemini', () => {
  const part = { functionCall: { name: 'look', args: {} }, thoughtSignature: 'a' };
  const contents = [{ role: 'model', parts: [{ text: 'Hm.', thought: true, thought_signature: 'a' }, part] }];

  it('loses the signatures of others, where a call must have one for one that says so', () => {
    const rest = { functionCall: part.functionCall };
    const older = suited(geminiDialect, { contents }, { foreign: ['a'], model: 'gemini-2.5-pro' });
    expect(older).toEqual({ contents: [{ role: 'model', parts: [rest] }] });
    const newer = suited(geminiDialect, { contents }, { foreign: ['a'], model: 'gemini-3-pro' });
    const thoughtSignature = 'skip_thought_signature_validator';
    expect(newer).toEqual({ contents: [{ role: 'model', parts: [{ ...rest, thoughtSignature }] }] });
    expect(suited(geminiDialect, { contents })).toEqual({ contents });
  });

  it('leaves it to another model how much it thinks', () => {
    const generationConfig = { temperature: 1, thinkingConfig: { thinkingLevel: 'HIGH' } };
    expect(suited(geminiDialect, { contents: [], generationConfig }, { traits: thinker })).toEqual({
      contents: [],
      generationConfig: { temperature: 1 },
    });
  });
});

describe('what marks a thought as its model’s', () => {
  const parts = [{ text: 'x', thoughtSignature: 'r' }, { thoughtSignature: 's' }];
  const items = [
    { type: 'reasoning', id: 'r' },
    { type: 'reasoning', id: 'x', encrypted_content: 's' },
  ];

  it.each<{ dialect: GatewayDialect; events: JsonObject[]; whole: JsonObject }>([
    {
      dialect: anthropicDialect,
      events: [
        { type: 'content_block_start', content_block: { type: 'redacted_thinking', data: 'r' } },
        { type: 'content_block_start', content_block: { type: 'thinking', thinking: '', signature: '' } },
        { type: 'content_block_delta', delta: { type: 'signature_delta', signature: 's' } },
      ],
      whole: { content: [{ type: 'redacted_thinking', data: 'r' }, thought('s')] },
    },
    {
      dialect: openAiResponsesDialect,
      events: [...items, { type: 'message', id: 'm' }].map((item) => ({ type: 'response.output_item.done', item })),
      whole: { output: items },
    },
    {
      dialect: geminiDialect,
      events: parts.map((part) => ({ candidates: [{ content: { parts: [part] } }] })),
      whole: { candidates: [{ content: { parts } }] },
    },
  ])('is read of an answer of $dialect.protocol, streamed or whole', ({ dialect, events, whole }) => {
    const streamed = dialect.createReader();
    for (const event of events) streamed.addEvent(event);
    expect(streamed.thoughts).toEqual(['r', 's']);
    const read = dialect.createReader();
    read.addWhole(whole);
    expect(read.thoughts).toEqual(['r', 's']);
  });
});
