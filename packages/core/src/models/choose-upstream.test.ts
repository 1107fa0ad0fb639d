import { ProviderProtocol } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { chooseUpstream } from './choose-upstream.js';

const settings = { anthropicApiKey: 'sk-ant-1', openaiApiKey: 'sk-2' };

describe('where the calls of an agent go that asks models by itself', () => {
  it("is the provider's own address when none is set", () => {
    const { endpoint, model } = chooseUpstream({ model: 'claude-haiku-4-5-20251001', protocol: 'anthropic' }, settings);
    expect(endpoint).toEqual({ protocol: 'anthropic', baseUrl: 'https://api.anthropic.com', apiKey: 'sk-ant-1' });
    expect(model.name).toBe('claude-haiku-4-5');
  });

  it('is the address that is set for the protocol', () => {
    const openaiBaseUrl = 'http://127.0.0.1:9/v1/';
    const { endpoint } = chooseUpstream({ model: 'gpt-5', protocol: 'openai_chat' }, { ...settings, openaiBaseUrl });
    expect(endpoint).toEqual({ protocol: 'openai_chat', baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'sk-2' });
  });

  it.each([
    ['anthropic', 'http://127.0.0.1:9'],
    ['openai_responses', 'http://127.0.0.1:9/v1'],
    ['openai_chat', 'http://127.0.0.1:9/v1'],
    ['gemini', 'http://127.0.0.1:9'],
  ] as const)('is the scripted server by %s, whichever address of it is set', (protocol, baseUrl) => {
    for (const at of [{ anthropicBaseUrl: 'http://127.0.0.1:9' }, { openaiBaseUrl: 'http://127.0.0.1:9/v1' }]) {
      expect(chooseUpstream({ model: 'scripted', protocol }, at).endpoint).toMatchObject({ protocol, baseUrl });
    }
  });

  it.each([
    [{ model: 'gpt-5', protocol: 'anthropic' }, 'provider_misconfigured', 'OpenAI Responses API or the OpenAI Chat'],
    [
      { model: 'claude-haiku-4-5', protocol: 'gemini' },
      'provider_misconfigured',
      'Anthropic Messages API, and this agent',
    ],
    [{ model: 'nobody-9', protocol: 'anthropic' }, 'model_unknown', '"nobody-9"'],
    [{ model: 'scripted', protocol: 'anthropic' }, 'provider_misconfigured', 'scripted server'],
  ] as const)('is nowhere for %o', (wanted, code, words) => {
    const choose = () => chooseUpstream(wanted, settings);
    expect(choose).toThrow(expect.objectContaining({ code }));
    expect(choose).toThrow(words);
  });

  it('names the setting of a key that is missing', () => {
    const choose = () => chooseUpstream({ model: 'gpt-5', protocol: ProviderProtocol.openaiChat }, {});
    expect(choose).toThrow('OPENAI_API_KEY');
  });
});
