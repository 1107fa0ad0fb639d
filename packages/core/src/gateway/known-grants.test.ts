import { describe, expect, it } from 'vitest';
import { startWorld } from './gateway.fixture.js';

const request = { model: 'm-1', max_tokens: 10, messages: [{ role: 'user' as const, content: 'Hello.' }] };

describe('whose token it is', () => {
  it('is looked up for the first call of an agent, and for all that asks for no money', async () => {
    const { anthropic, grantsAsked } = await startWorld();
    for (let call = 0; call < 3; call += 1) await anthropic.messages.create(request);
    expect(grantsAsked()).toBe(1);
    await anthropic.models.list();
    await anthropic.messages.countTokens(request).catch(() => undefined);
    expect(grantsAsked()).toBe(3);
  });

  it('is looked up again once a call was told that it has ended', async () => {
    const { anthropic, ledger, grantsAsked, model } = await startWorld();
    await anthropic.messages.create(request);
    ledger.ended = true;
    const ask = () => anthropic.messages.create(request);
    await expect(ask()).rejects.toMatchObject({ status: 401 });
    await expect(ask()).rejects.toMatchObject({ status: 401 });
    expect(grantsAsked()).toBe(3);
    expect(model.requests()).toHaveLength(1);
    ledger.ended = false;
    await anthropic.messages.create(request);
    expect(grantsAsked()).toBe(4);
  });
});
