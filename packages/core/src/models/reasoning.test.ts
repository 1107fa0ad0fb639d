import type { Message, ModelRequest, Reasoning } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { toAnthropicRequest } from './anthropic.js';
import { toChatRequest } from './openai-chat.js';
import { toResponsesRequest } from './openai-responses.js';
import { sampleRequest } from './provider-server.fixture.js';

const ask = (model: string, reasoning: Reasoning | undefined, over: Partial<ModelRequest> = {}): ModelRequest => ({
  ...{ ...sampleRequest, model, reasoning, maxOutputTokens: 16_000 },
  ...over,
});
const called: Message = {
  role: 'assistant',
  blocks: [{ type: 'tool_call', callId: 'functions.list:0', name: 'list', input: {} }],
};
const answered: Message = {
  role: 'user',
  blocks: [{ type: 'tool_result', callId: 'functions.list:0', text: 'a.ts', isError: false }],
};

describe('how much a model is to think', () => {
  it.each([
    ['low', 2_000],
    ['medium', 4_000],
    ['high', 8_000],
  ] as const)('%s is a budget of tokens for Claude models that may think', (reasoning, budget_tokens) => {
    expect(toAnthropicRequest(ask('claude-sonnet-4-5', reasoning))).toMatchObject({
      thinking: { type: 'enabled', budget_tokens },
    });
  });

  it('is an effort for Claude models that always do, which cannot be switched off', () => {
    const wire = toAnthropicRequest(ask('claude-opus-5-5', 'high'));
    expect(wire).toMatchObject({ output_config: { effort: 'high' } });
    expect(wire.thinking).toBeUndefined();
    expect(toAnthropicRequest(ask('claude-opus-5-5', 'off')).output_config).toEqual({ effort: 'low' });
  });

  it('is at least what the API takes, and nothing where there is no room for an answer', () => {
    expect(toAnthropicRequest(ask('claude-haiku-4-5', 'low', { maxOutputTokens: 4_000 })).thinking).toMatchObject({
      budget_tokens: 1_024,
    });
    expect(toAnthropicRequest(ask('claude-haiku-4-5', 'high', { maxOutputTokens: 2_000 })).thinking).toBeUndefined();
  });

  it('forces no tool call on one that thinks', () => {
    const forced = { toolChoice: 'required' } as const;
    expect(toAnthropicRequest(ask('claude-haiku-4-5', 'low', forced)).tool_choice).toEqual({ type: 'auto' });
    expect(toAnthropicRequest(ask('claude-haiku-4-5', 'off', forced)).tool_choice).toEqual({ type: 'any' });
  });

  it('waits until the tools are answered that another model has called, whose ids are made ones that are taken', () => {
    const wire = toAnthropicRequest(ask('claude-haiku-4-5', 'high', { messages: [called, answered] }));
    expect(wire.thinking).toBeUndefined();
    expect(wire.messages[0]?.content).toMatchObject([{ type: 'tool_use', id: 'functions_list_0' }]);
    expect(wire.messages[1]?.content).toMatchObject([{ type: 'tool_result', tool_use_id: 'functions_list_0' }]);
    const thought: Message = {
      role: 'assistant',
      blocks: [{ type: 'thinking', provider: 'anthropic', data: { type: 'thinking' } }, ...called.blocks] as never,
    };
    const own = toAnthropicRequest(ask('claude-haiku-4-5', 'high', { messages: [thought, answered] }));
    expect(own.thinking).toMatchObject({ type: 'enabled' });
  });

  it.each([
    ['gpt-6.1-sol', 'high', 'high'],
    ['gpt-6.1-sol', 'off', 'none'],
    ['gpt-5-mini', 'off', 'minimal'],
    ['o3', 'off', 'low'],
  ] as const)('is an effort for %s: %s is %s', (model, reasoning, effort) => {
    expect(toResponsesRequest(ask(model, reasoning)).reasoning).toEqual({ effort });
    expect(toChatRequest(ask(model, reasoning), 'http://127.0.0.1:1/v1').reasoning_effort).toBe(effort);
  });

  it('is said neither where nobody asked nor to a model that does not think', () => {
    for (const request of [ask('gpt-4.1', 'high'), ask('gpt-5', undefined)]) {
      expect(toResponsesRequest(request)).not.toHaveProperty('reasoning');
      expect(toChatRequest(request, 'http://127.0.0.1:1/v1')).not.toHaveProperty('reasoning_effort');
    }
    expect(toAnthropicRequest(ask('scripted', 'high'))).not.toHaveProperty('thinking');
    expect(toAnthropicRequest(ask('claude-haiku-4-5', undefined))).not.toHaveProperty('thinking');
  });

  it('goes by what a user states of a model of theirs', () => {
    const traits = { reasoning: true, forcedToolUse: true };
    expect(toChatRequest(ask('qwen4', 'low', { traits }), 'http://127.0.0.1:1/v1').reasoning_effort).toBe('low');
    expect(toResponsesRequest(ask('qwen4', undefined, { traits })).include).toEqual(['reasoning.encrypted_content']);
  });
});
