import { costOf } from '@fermata/contracts';
import { catalogue, findModel, worstCaseCost } from '@fermata/contracts/models';
import { describe, expect, it } from 'vitest';
import { isReasoningModel, knownModel } from './catalogue.js';
import { sampleRequest } from './provider-server.fixture.js';
import { likelyInputTokens, worstCaseInputTokens } from './worst-case-cost.js';

describe('the catalogue', () => {
  it('states for every model a whole price, limits, a source and the day it was read', () => {
    expect(new Set(catalogue.map((model) => model.name)).size).toBe(catalogue.length);
    for (const model of catalogue) {
      for (const amount of Object.values(model.price))
        expect(Number.isSafeInteger(amount) && amount > 0, model.name).toBe(true);
      expect(model.price.outputPerMillion).toBeGreaterThan(model.price.inputPerMillion);
      expect(model.price.cacheReadPerMillion).toBeLessThan(model.price.inputPerMillion);
      expect(model.contextWindow).toBeGreaterThan(model.maxOutputTokens);
      expect(model.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(model.source).not.toBe('');
    }
  });

  it('prices the scripted model at 3 and 15 dollars a million', () => {
    expect(knownModel('scripted').price).toMatchObject({ inputPerMillion: 3_000_000, outputPerMillion: 15_000_000 });
  });

  it('finds dated snapshots, and nothing by a mere prefix', () => {
    expect(findModel('claude-sonnet-4-5-20250929')?.name).toBe('claude-sonnet-4-5');
    expect(findModel('gpt-5-2025-08-07')?.name).toBe('gpt-5');
    expect(findModel('gpt-5-turbo')).toBeNull();
  });

  it('refuses to price a model it does not know, says where its price is stated, and lists those it does', () => {
    expect(() => knownModel('gpt-99')).toThrow(
      /"gpt-99".*models\.json.*FERMATA_MODELS_FILE.*claude-sonnet-5-5.*scripted/,
    );
  });

  it.each([
    ['gpt-5-2025-08-07', true],
    ['gpt-6.2-sol', true],
    ['o3', true],
    ['gpt-4.1', false],
    ['gpt-4o', false],
    ['gpt-5-chat-latest', false],
    ['qwen3-coder', false],
  ])('knows whether %s reasons: %s', (name, reasons) => {
    expect(isReasoningModel(name)).toBe(reasons);
  });
});

describe('the worst case of a call', () => {
  const price = knownModel('scripted').price;

  it('covers the prompt at the dearest input rate and every output token', () => {
    const tokens = worstCaseInputTokens(sampleRequest);
    const worst = worstCaseCost(tokens, 1_000, price);
    const written = { inputTokens: 0, outputTokens: 1_000, cacheReadTokens: 0, cacheWriteTokens: tokens };
    const fresh = { ...written, inputTokens: tokens, cacheWriteTokens: 0 };
    expect(worst).toBe(costOf(written, price));
    expect(worst).toBeGreaterThan(costOf(fresh, price));
  });

  const said = (text: string) => ({ role: 'user', blocks: [{ type: 'text', text }] }) as const;
  const answered = { role: 'assistant', blocks: [{ type: 'text', text: 'So.' }] } as const;
  const usage = { inputTokens: 100, outputTokens: 9, cacheReadTokens: 2_000, cacheWriteTokens: 30 };

  it('takes each byte for a token: base64 and digits come close to that', () => {
    const say = (text: string) => worstCaseInputTokens({ ...sampleRequest, messages: [said(text)] });
    expect(say('é'.repeat(3_000)) - say('')).toBe(6_000);
    expect(say('e'.repeat(3_000)) - say('')).toBe(3_000);
  });

  it('takes what the last answer was asked with as the provider counted it, and the rest by bytes', () => {
    const going = (before: string, after: string) =>
      worstCaseInputTokens({ ...sampleRequest, messages: [said(before), answered, said(after)] }, usage);
    expect(going('x'.repeat(50_000), 'y')).toBe(going('x', 'y'));
    expect(going('x', 'y'.repeat(501)) - going('x', 'y')).toBe(500);
    expect(going('x', 'y')).toBeGreaterThan(2_130 + 'So.y'.length);
  });

  it('is not what a lost call is booked with: that is what it has probably read', () => {
    const going = (after: string) => ({ ...sampleRequest, messages: [said('x'), answered, said(after)] });
    const likely = (after: string) => likelyInputTokens(going(after), usage);
    expect(likely('y'.repeat(4_001)) - likely('y')).toBe(1_000);
    expect(likely('y')).toBeGreaterThan(2_130);
    expect(likelyInputTokens(going('y'))).toBeLessThan(worstCaseInputTokens(going('y')) / 4);
  });
});
