import { describe, expect, it } from 'vitest';
import { catalogue, type CatalogueModel, findModel } from '@fermata/contracts/models';
import { chooseProvider, resolveModel } from './choose-provider.js';

const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

describe('the choice of a provider', () => {
  it('goes by the key that is there, Anthropic first', () => {
    expect(chooseProvider({ anthropicApiKey: 'a', openaiApiKey: 'o' })).toMatchObject({
      name: 'claude-sonnet-5-5',
      endpoint: { protocol: 'anthropic', apiKey: 'a' },
    });
    expect(chooseProvider({ anthropicApiKey: ' ', openaiApiKey: 'o' })).toMatchObject({
      name: 'gpt-6.1-sol',
      endpoint: { protocol: 'openai_responses', apiKey: 'o' },
    });
  });

  it('takes the model that is named, whatever other keys there are, and keeps its name', () => {
    const choice = chooseProvider({ anthropicApiKey: 'a', openaiApiKey: 'o', model: 'gpt-5-2025-08-07' });
    expect(choice.name).toBe('gpt-5-2025-08-07');
    expect(choice.model.name).toBe('gpt-5');
    expect(choice.endpoint).toEqual({ protocol: 'openai_responses', apiKey: 'o' });
  });

  it('says which key is missing', () => {
    expect(() => chooseProvider({})).toThrow(failure('provider_unauthorized', /ANTHROPIC_API_KEY or OPENAI_API_KEY/));
    expect(() => chooseProvider({ anthropicApiKey: 'a', model: 'gpt-5' })).toThrow(
      failure('provider_unauthorized', /OPENAI_API_KEY/),
    );
    expect(() => chooseProvider({ openaiApiKey: 'o', model: 'claude-haiku-4-5' })).toThrow(
      failure('provider_unauthorized', /ANTHROPIC_API_KEY/),
    );
  });

  it('speaks Chat Completions to a compatible server, unless told otherwise', () => {
    const settings = { openaiApiKey: 'o', openaiBaseUrl: 'http://localhost:11434/v1', model: 'gpt-5' };
    expect(chooseProvider(settings).endpoint).toEqual({
      protocol: 'openai_chat',
      apiKey: 'o',
      baseUrl: 'http://localhost:11434/v1',
    });
    expect(chooseProvider({ ...settings, openaiProtocol: 'openai_responses' }).endpoint.protocol).toBe(
      'openai_responses',
    );
    expect(chooseProvider({ ...settings, openaiBaseUrl: 'https://api.openai.com/v1/' }).endpoint.protocol).toBe(
      'openai_responses',
    );
  });

  it('reaches the scripted model at whichever address is set, without a key', () => {
    expect(chooseProvider({ model: 'scripted', anthropicBaseUrl: 'http://127.0.0.1:1' }).endpoint).toEqual({
      protocol: 'anthropic',
      baseUrl: 'http://127.0.0.1:1',
      apiKey: 'scripted',
    });
    expect(chooseProvider({ model: 'scripted', openaiBaseUrl: 'http://127.0.0.1:1/v1' }).endpoint.protocol).toBe(
      'openai_chat',
    );
    expect(() => chooseProvider({ model: 'scripted', anthropicApiKey: 'a' })).toThrow(
      failure('provider_misconfigured', /ANTHROPIC_BASE_URL or OPENAI_BASE_URL/),
    );
  });

  it('knows models that the settings add, and refuses the rest', () => {
    const own: CatalogueModel = {
      ...(findModel('gpt-4.1') as CatalogueModel),
      name: 'qwen3-coder',
      source: 'our server',
    };
    const settings = {
      openaiApiKey: 'none',
      openaiBaseUrl: 'http://localhost:8000/v1',
      catalogue: [own, ...catalogue],
    };
    expect(resolveModel('qwen3-coder', settings).model).toBe(own);
    expect(() => resolveModel('qwen4', settings)).toThrow(failure('model_unknown', /"qwen4".*qwen3-coder/));
  });
});
