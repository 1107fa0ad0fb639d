import { describe, expect, it } from 'vitest';
import { startWorld, stepOf, until } from './gateway.fixture.js';

const messages = [{ role: 'user' as const, content: 'hi' }];
const request = { model: 'm-1', max_tokens: 10, messages };
const enough = 1_000_000;

describe('a call over budget', () => {
  it('waits, says so, and goes on when the budget is raised', async () => {
    const { anthropic, ledger } = await startWorld({ limitMicros: 0 });
    const answer = anthropic.messages.create(request);
    await until(() => ledger.waitings.length > 0);
    expect(ledger.waitings).toEqual([{ budgetId: 'bud_1', detail: 'The budget is used up.' }]);
    ledger.limitMicros = enough;
    expect((await answer).content).toMatchObject([{ text: 'Hello there.' }]);
    expect(ledger.waitings.at(-1)).toBeNull();
    await until(() => ledger.ends.length === 1);
  });

  it('waits in each protocol, streamed or not', async () => {
    const { anthropic, openai, post, ledger } = await startWorld({ limitMicros: 0 });
    const contents = [{ parts: [{ text: 'hi' }] }];
    const answers = [
      anthropic.messages.stream(request).finalMessage(),
      openai.chat.completions.create({ model: 'm-1', messages }),
      openai.responses.stream({ model: 'm-1', input: 'hi' }).finalResponse(),
      post('/v1beta/models/m-1:streamGenerateContent?alt=sse', { contents }).then((answer) => answer.text()),
    ];
    await until(() => ledger.waitings.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ledger.begins).toEqual([]);
    ledger.limitMicros = enough;
    for (const answer of answers) expect(JSON.stringify(await answer)).toContain('Hello there');
    await until(() => ledger.ends.length === 4);
    expect(ledger.waitings).toEqual([expect.objectContaining({ budgetId: 'bud_1' }), null]);
  });

  it('asks its client to come again when it has waited for as long as clients bear', async () => {
    const { anthropic, openai, ledger, model } = await startWorld({
      limitMicros: 0,
      limits: { holdMs: 100 },
    });
    const refused = await anthropic.messages.create(request).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, type: 'rate_limit_error' });
    expect((refused as { headers: Headers }).headers.get('retry-after')).toBe('10');
    await expect(anthropic.messages.stream(request).finalMessage()).rejects.toMatchObject({ status: 429 });
    await expect(openai.responses.create({ model: 'm-1', input: 'hi' })).rejects.toMatchObject({ status: 429 });
    await expect(openai.responses.stream({ model: 'm-1', input: 'hi' }).finalResponse()).resolves.toMatchObject({
      status: 'failed',
      error: { code: 'rate_limit_exceeded', message: 'The budget is used up. Please try again in 10s.' },
    });
    expect(ledger.waitings).not.toContain(null);
    expect(model.requests()).toEqual([]);
  });

  it('waits no longer than its client, and its run no longer than its last call', async () => {
    const { anthropic, ledger, model } = await startWorld({ limitMicros: 0 });
    const leaving = [new AbortController(), new AbortController()];
    const calls = leaving.map(({ signal }) => anthropic.messages.create(request, { signal }).catch(() => 'left'));
    await until(() => ledger.waitings.length > 0);
    leaving[0]!.abort();
    await calls[0];
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(ledger.waitings).not.toContain(null);
    leaving[1]!.abort();
    await until(() => ledger.waitings.includes(null));
    ledger.limitMicros = enough;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(ledger).toMatchObject({ begins: [], heldMicros: 0 });
    expect(model.requests()).toEqual([]);
  });

  it('ends with its run', async () => {
    const { anthropic, ledger } = await startWorld({ limitMicros: 0 });
    const call = anthropic.messages.create(request);
    await until(() => ledger.waitings.length > 0);
    ledger.ended = true;
    await expect(call).rejects.toMatchObject({ status: 401 });
  });

  it("hears the provider's own status when it goes on", async () => {
    const fail = { status: 429, retryAfter: 3, message: 'Slow down.' };
    const script = { rules: [{ name: 'no', match: {}, fail }] };
    const { anthropic, ledger } = await startWorld({ limitMicros: 0, script });
    const call = anthropic.messages.create({ ...request, stream: true });
    await until(() => ledger.waitings.length > 0);
    ledger.limitMicros = enough;
    await expect(call).rejects.toMatchObject({ status: 429, type: 'rate_limit_error' });
    await until(() => ledger.ends.length === 1);
    expect(ledger.ends).toMatchObject([{ outcome: 'refused', status: 429, costMicros: 0 }]);
  });
});

describe('money', () => {
  it('is never promised twice: 200 calls at once take no more than the budget has', async () => {
    const usage = { inputTokens: 500, outputTokens: 10 };
    const script = { rules: [{ name: 'any', match: {}, answer: { text: 'x', usage } }] };
    const { post, ledger } = await startWorld({ script, limitMicros: 12_000, limits: { holdMs: 300 } });
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const content = `call ${index}`;
        const answer = await post('/v1/messages', { ...request, messages: [{ role: 'user', content }] });
        await answer.text();
        return answer.status;
      }),
    );
    await until(() => ledger.heldMicros === 0);
    expect(new Set(answers)).toEqual(new Set([200, 429]));
    expect(answers.filter((status) => status === 200)).toHaveLength(ledger.ends.length);
    expect(ledger.mostTaken).toBeLessThanOrEqual(12_000);
    expect(ledger.spentMicros).toBe(ledger.ends.length * 1_100);
  });

  it('is free again when the provider refuses the call, and its limits are told', async () => {
    const fail = { status: 529, retryAfter: 7 };
    const { anthropic, ledger, signs } = await startWorld({ script: { rules: [{ name: 'no', match: {}, fail }] } });
    await expect(anthropic.messages.create(request)).rejects.toMatchObject({ status: 529, type: 'overloaded_error' });
    await until(() => ledger.ends.length === 1);
    expect(ledger).toMatchObject({ heldMicros: 0, spentMicros: 0 });
    expect(signs).toEqual([{ protocol: 'anthropic', model: 'm-1', status: 529, retryAfterMs: 7_000 }]);
  });

  it('is booked by a ledger that fails for a while', async () => {
    const { anthropic, ledger, failures } = await startWorld();
    ledger.failures.end = 3;
    await anthropic.messages.create(request);
    await until(() => ledger.ends.length === 1);
    expect(failures).toEqual(['end', 'end', 'end']);
    expect(ledger.heldMicros).toBe(0);
  });

  it('is free again when nobody knows whether it was held, and the client may ask again', async () => {
    const { anthropic, ledger, model } = await startWorld();
    ledger.failures.begin = 1;
    await expect(anthropic.messages.create(request)).rejects.toMatchObject({ status: 503 });
    await until(() => ledger.ends.length === 1);
    expect(ledger).toMatchObject({ heldMicros: 0, spentMicros: 0 });
    expect(ledger.ends[0]).not.toHaveProperty('stepId');
    expect(model.requests()).toEqual([]);
  });

  it('is booked as the step that it began as, after waiting too', async () => {
    const { anthropic, ledger } = await startWorld({ limitMicros: 0 });
    const answer = anthropic.messages.create(request);
    await until(() => ledger.waitings.length > 0);
    ledger.limitMicros = enough;
    await answer;
    await anthropic.messages.create(request);
    await until(() => ledger.ends.length === 2);
    expect(ledger.ends.map(({ stepId }) => stepId)).toEqual(ledger.begins.map(({ callId }) => stepOf(callId)));
  });

  it('is marked as an estimate when the prompt is longer than its price holds for', async () => {
    const usage = { inputTokens: 900, outputTokens: 1 };
    const script = { rules: [{ name: 'any', match: {}, answer: { text: 'x', usage } }] };
    const { anthropic, ledger } = await startWorld({ script, upstream: { contextWindow: 899 } });
    await anthropic.messages.create(request);
    await until(() => ledger.ends.length === 1);
    expect(ledger.ends).toMatchObject([{ outcome: 'answered', usage: { estimated: true, inputTokens: 900 } }]);
  });
});
