import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CallPolicy, ownModel } from '@fermata/contracts';
import type { Conversation, ScriptedReply } from '@fermata/scripted-model';
import { describe, expect, it } from 'vitest';
import { drain, type GatewayWorld, lastly, price, realKey, startWorld, stepOf, until } from './gateway.fixture.js';

const messages = [{ role: 'user' as const, content: 'hi' }];
const request = { model: 'm-1', max_tokens: 10, messages };
const cheap = { price: { ...price, inputPerMillion: 1_000_000, cacheWritePerMillion: 1_000_000 } };
const usage = { inputTokens: 100, outputTokens: 10 };
const fallback = ['m-2'];
const spent = (percent: number) => ({ soFar: { budgetPercent: percent }, upstreams: { 'm-2': cheap } });

type WorldOptions = NonNullable<Parameters<typeof startWorld>[0]>;

/** What each model says; those that are not named answer. */
interface Routed extends Omit<WorldOptions, 'script'> {
  says?: Readonly<Record<string, ScriptedReply>>;
  /** What came in, with its messages. */
  heard?: Conversation[];
}

/** A run whose model is `m-1`, with a policy. */
function routedWorld(policy: CallPolicy, { says = {}, heard = [], ...options }: Routed = {}): Promise<GatewayWorld> {
  return startWorld({
    ...options,
    script: (conversation) => {
      heard.push(conversation);
      return says[conversation.model] ?? { text: 'Hello there.', usage };
    },
    grant: { models: ['m-1'], routing: { policy, first: ownModel('m-1'), kind: 'work' } },
  });
}

const asked = ({ model }: GatewayWorld) => model.requests().map((one) => one.model);
const fails = (status: number, extra = {}) => ({ fail: { status, ...extra } });

describe('a threshold that is reached', () => {
  const policy = { downgrade: [{ atBudgetPercent: 80, to: 'm-2' }] };

  it('sends the call to the cheaper model, at its price, and says why', async () => {
    const world = await routedWorld(policy, spent(85));
    await world.anthropic.messages.create(request);
    await until(() => world.ledger.ends.length === 1);
    expect(asked(world)).toEqual(['m-2']);
    const [begin] = world.ledger.begins;
    expect(begin).toMatchObject({
      ...{ model: 'm-2', insteadOf: 'm-1' },
      choice: { model: 'm-2', rule: 'downgrade', reason: '85 % of the budget is spent.' },
    });
    const sent = Buffer.byteLength(JSON.stringify({ ...request, model: 'm-2' }));
    expect(begin!.worstCaseMicros).toBe(sent + 1_000 + 10 * 10);
    expect(world.ledger.ends).toMatchObject([{ outcome: 'answered', costMicros: 100 + 10 * 10 }]);
    expect(world.ledger.heldMicros).toBe(0);
  });

  it('leaves the call with its own model when the cheaper one does not take it', async () => {
    const says = { 'm-2': fails(400, { message: 'unknown setting' }) };
    const world = await routedWorld(policy, { ...spent(85), says });
    await world.anthropic.messages.create(request);
    expect(asked(world)).toEqual(['m-2', 'm-1']);
    await until(() => world.ledger.ends.length === 2);
    expect(world.ledger.begins[1]!.choice!.refused).toBeUndefined();
  });

  it('reaches every protocol, whether its model is in the body or the path', async () => {
    const world = await routedWorld(policy, spent(85));
    await world.openai.chat.completions.create({ model: 'm-1', messages });
    await world.openai.responses.create({ model: 'm-1', input: 'hi' });
    await (await world.post('/v1beta/models/m-1:generateContent', { contents: [{ parts: [{ text: 'hi' }] }] })).text();
    expect(asked(world)).toEqual(['m-2', 'm-2', 'm-2']);
    expect(world.ledger.begins).toHaveLength(3);
  });

  it('has tokens counted by the model that would answer', async () => {
    let received = '';
    const server = createServer((incoming, response) => {
      incoming.on('data', (piece: Buffer) => (received += piece.toString()));
      incoming.on('end', () => response.end('{"input_tokens":1}'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    lastly(async () => void server.close());
    const { port } = server.address() as AddressInfo;
    const world = await routedWorld(policy, { ...spent(85), upstreamUrl: `http://127.0.0.1:${port}` });
    await world.anthropic.messages.countTokens({ model: 'm-1', messages });
    expect(JSON.parse(received)).toEqual({ model: 'm-2', messages });
    expect(world.ledger.begins).toEqual([]);
  });

  it('below it, the call goes where it went before, and that is told once', async () => {
    const world = await routedWorld(policy, { soFar: { budgetPercent: 79, lastModel: 'm-1' } });
    await world.anthropic.messages.create(request);
    expect(asked(world)).toEqual(['m-1']);
    expect(world.ledger.begins[0]).toMatchObject({ choice: { rule: 'agent' } });
    expect(world.ledger.begins[0]).not.toHaveProperty('insteadOf');
  });

  it('is looked at again while the call waits for budget', async () => {
    const soFar = { budgetPercent: 79 };
    const world = await routedWorld(policy, { limitMicros: 0, soFar });
    const answer = world.anthropic.messages.create(request);
    await until(() => world.ledger.waitings.length > 0);
    soFar.budgetPercent = 85;
    world.ledger.limitMicros = 1_000_000;
    await answer;
    expect(asked(world)).toEqual(['m-2']);
  });
});

describe('a model that cannot be had', () => {
  it.each([
    { what: '503', says: fails(503), why: 'HTTP 503' },
    { what: 'a wrong key', says: fails(401), why: 'its provider refuses us (HTTP 401)', refused: ['m-1'] },
    {
      what: 'an unpaid bill, which comes as 429',
      says: fails(429, { body: { error: { type: 'insufficient_quota', code: 'insufficient_quota' } } }),
      ...{ why: 'its provider refuses us (HTTP 429, insufficient_quota)', refused: ['m-1'] },
    },
    {
      what: "a wrong key of Google's, which comes as 400",
      says: fails(400, { body: { error: { code: 400, details: [{ reason: 'API_KEY_INVALID' }] } } }),
      ...{ why: 'its provider refuses us (HTTP 400, API_KEY_INVALID)', refused: ['m-1'] },
    },
    {
      what: 'a page of a proxy',
      says: fails(404, { html: '<p>Nothing here.</p>' }),
      ...{ why: 'no API answers (HTTP 404)', refused: ['m-1'] },
    },
  ])('for $what: the call goes to the next one before the client hears of it', async ({ says, why, refused }) => {
    const world = await routedWorld({ fallback }, { says: { 'm-1': says }, upstreams: { 'm-2': cheap } });
    expect((await world.anthropic.messages.create(request)).content).toMatchObject([{ text: 'Hello there.' }]);
    await until(() => world.ledger.ends.length === 2);
    expect(asked(world)).toEqual(['m-1', 'm-2']);
    expect(world.ledger.begins[1]?.choice).toEqual({
      ...{ model: 'm-2', rule: 'fallback', reason: `m-1 cannot be had: ${why}.` },
      ...(refused && { refused }),
    });
    expect(world.ledger.ends).toMatchObject([
      { outcome: 'refused', costMicros: 0 },
      { outcome: 'answered', costMicros: 200 },
    ]);
  });

  it('is let go of before the next one is paid for: the two never hold money at once', async () => {
    const world = await routedWorld({ fallback }, { says: { 'm-1': fails(503) }, upstreams: { 'm-2': cheap } });
    await world.anthropic.messages.create(request);
    const { begins, mostTaken } = world.ledger;
    const each = begins.map(({ worstCaseMicros }) => worstCaseMicros);
    expect(mostTaken).toBe(Math.max(...each));
    expect(new Set(begins.map(({ callId }) => callId)).size).toBe(2);
    await until(() => world.ledger.ends.length === 2);
    expect(world.ledger.ends.map(({ stepId }) => stepId)).toEqual(begins.map(({ callId }) => stepOf(callId)));
    const tight = await routedWorld({ fallback }, { says: { 'm-1': fails(503) }, limitMicros: mostTaken });
    expect((await tight.anthropic.messages.create(request)).content).toHaveLength(1);
  });

  it('without a connection', async () => {
    const upstreams = { 'm-1': { baseUrl: 'http://127.0.0.1:1' } };
    const world = await routedWorld({ fallback }, { upstreams });
    await world.anthropic.messages.create(request);
    expect(asked(world)).toEqual(['m-2']);
    expect(world.ledger.begins[1]?.choice?.reason).toBe('m-1 cannot be had: no answer.');
    expect(world.signs.map(({ model, status }) => [model, status])).toEqual([
      ['m-1', null],
      ['m-2', 200],
    ]);
  });

  it('for its open circuit is not asked at all', async () => {
    const world = await routedWorld({ fallback });
    world.ledger.unavailable.set('m-1', 'open');
    await world.anthropic.messages.create(request);
    expect(asked(world)).toEqual(['m-2']);
    expect(world.ledger.begins).toMatchObject([{ choice: { reason: 'm-1 cannot be had: HTTP 529.' } }]);
    expect(world.ledger.waitings).toEqual([]);
  });

  it('as it turned the run away before, is not asked again', async () => {
    const world = await routedWorld({ fallback }, { soFar: { refused: ['m-1'], lastModel: 'm-2' } });
    await world.anthropic.messages.create(request);
    expect(asked(world)).toEqual(['m-2']);
    expect(world.ledger.begins[0]?.choice).toMatchObject({ rule: 'fallback', refused: ['m-1'] });
    expect(world.ledger.begins[0]).not.toHaveProperty('insteadOf');
  });

  it.each([
    { 'm-1': fails(401), 'm-2': fails(529, { retryAfter: 7 }) },
    { 'm-1': fails(529, { retryAfter: 7 }), 'm-2': fails(401) },
  ])('nor any other: the client hears what passes, and not the refusal that would end it', async (says) => {
    const world = await routedWorld({ fallback }, { says });
    const error: unknown = await world.anthropic.messages.create(request).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 529, type: 'overloaded_error' });
    expect((error as { headers: Headers }).headers.get('retry-after')).toBe('7');
    await until(() => world.ledger.ends.length === 2);
    expect(asked(world)).toEqual(['m-1', 'm-2']);
    expect(world.ledger.heldMicros).toBe(0);
  });

  it('nor any other, for open circuits: the call is held until one of them may be asked', async () => {
    const world = await routedWorld({ fallback });
    for (const model of ['m-1', 'm-2']) world.ledger.unavailable.set(model, 'open');
    const answer = world.anthropic.messages.create(request);
    await until(() => world.ledger.waitings.length > 0);
    world.ledger.unavailable.delete('m-2');
    await answer;
    expect(asked(world)).toEqual(['m-2']);
  });

  it('for its limit is waited for, and its 429 handed on', async () => {
    const world = await routedWorld({ fallback }, { says: { 'm-1': fails(429, { retryAfter: 3 }) } });
    await expect(world.anthropic.messages.create(request)).rejects.toMatchObject({ status: 429 });
    world.ledger.unavailable.set('m-1', 'closed');
    const answer = world.anthropic.messages.create(request).catch(() => undefined);
    await until(() => world.ledger.waitings.length > 0);
    expect(asked(world)).toEqual(['m-1']);
    world.ledger.unavailable.clear();
    await answer;
    expect(asked(world)).toEqual(['m-1', 'm-1']);
  });

  it.each([400, 413, 422])('is not what is wrong with a request: %s', async (status) => {
    const message = 'max_tokens: too many';
    const world = await routedWorld({ fallback }, { says: { 'm-1': fails(status, { message }) } });
    await expect(world.anthropic.messages.create(request)).rejects.toThrow(message);
    expect(asked(world)).toEqual(['m-1']);
  });

  it.each([400, 413, 422])(
    'is told before that of a model that stands in and does not take the request: %s',
    async (status) => {
      const says = { 'm-1': fails(503, { message: 'away' }), 'm-2': fails(status, { message: 'not mine' }) };
      const world = await routedWorld({ fallback }, { says });
      await expect(world.anthropic.messages.create(request)).rejects.toMatchObject({ status: 503 });
      expect(asked(world)).toEqual(['m-1', 'm-2']);
      await until(() => world.ledger.ends.length === 2);
      expect(world.ledger.heldMicros).toBe(0);
    },
  );

  it('does not let its key through in the error that is handed on after all', async () => {
    const says = { 'm-1': fails(503, { message: `Wrong key: ${realKey}.` }), 'm-2': fails(500) };
    const world = await routedWorld({ fallback }, { says });
    const answer = await world.post('/v1/messages', request);
    expect([answer.status, await answer.text()]).toEqual([503, expect.not.stringContaining(realKey)]);
  });

  it('is not stood in for once an answer has begun', async () => {
    const text = 'a long answer in many pieces, '.repeat(20);
    const says = { 'm-1': { text, stream: { cutAfterChunks: 5 } } };
    const world = await routedWorld({ fallback }, { says });
    await expect(world.anthropic.messages.stream(request).finalMessage()).rejects.toThrow();
    await until(() => world.ledger.ends.length === 1);
    expect(asked(world)).toEqual(['m-1']);
    expect(world.ledger.ends).toMatchObject([{ outcome: 'broken' }]);
  });

  it('is not stood in for when its client has gone', async () => {
    const world = await routedWorld({ fallback }, { says: { 'm-1': fails(503, { delayMs: 300 }) } });
    const leaving = new AbortController();
    const call = world.anthropic.messages.create(request, { signal: leaving.signal }).catch(() => 'left');
    await until(() => world.ledger.begins.length === 1);
    leaving.abort();
    await call;
    await until(() => world.ledger.ends.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(asked(world)).not.toContain('m-2');
    expect(world.ledger.heldMicros).toBe(0);
  });

  it('leaves a stream of the next one as it comes', async () => {
    const stream = { chunkSize: 4, chunkDelayMs: 40 };
    const says = { 'm-1': fails(503), 'm-2': { text: 'a b c d e f g h i j k l m n', stream } };
    const world = await routedWorld({ fallback }, { says });
    const arrivals: number[] = [];
    const events = await world.anthropic.messages.create({ ...request, stream: true });
    for await (const event of events) if (event.type === 'content_block_delta') arrivals.push(performance.now());
    expect(arrivals.length).toBeGreaterThan(4);
    expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThan(100);
  });
});

describe('a model of the policy that the call cannot go to', () => {
  const elsewhere = { status: 400, message: 'The model "m-3" is to be had by the OpenAI API.' };
  const upstreams = { 'm-3': elsewhere };
  const passed = `m-3 is passed over: ${elsewhere.message}`;

  it('is passed over for the next one of the chain, and the reason says so', async () => {
    const world = await routedWorld({ fallback: ['m-3', 'm-2'] }, { says: { 'm-1': fails(503) }, upstreams });
    await world.anthropic.messages.create(request);
    expect(asked(world)).toEqual(['m-1', 'm-2']);
    expect(world.ledger.begins[1]?.choice?.reason).toBe(`m-1 cannot be had: HTTP 503. ${passed}`);
  });

  it('is said in the failure of the call, and in what the run waits for, when there is no other', async () => {
    const world = await routedWorld({ fallback: ['m-3'] }, { says: { 'm-1': fails(503) }, upstreams });
    await expect(world.anthropic.messages.create(request)).rejects.toMatchObject({ status: 503 });
    await until(() => world.ledger.ends.length === 1);
    expect(world.ledger.ends).toMatchObject([{ note: passed }]);
    world.ledger.unavailable.set('m-1', 'open');
    const leaving = new AbortController();
    const call = world.anthropic.messages.create(request, { signal: leaving.signal }).catch(() => 'left');
    await until(() => world.ledger.waitings.length > 0);
    expect(world.ledger.waitings[0]).toMatchObject({ detail: `m-1 is away. ${passed}` });
    leaving.abort();
    await call;
  });

  it('leaves a downgrade to the threshold below it, and else to the model of the run: never to a fallback', async () => {
    const downgrade = [
      { atBudgetPercent: 80, to: 'm-3' },
      { atBudgetPercent: 50, to: 'm-2' },
    ];
    const world = await routedWorld({ downgrade }, { soFar: { budgetPercent: 90 }, upstreams });
    await world.anthropic.messages.create(request);
    expect(world.ledger.begins[0]?.choice?.reason).toBe(`90 % of the budget is spent. ${passed}`);
    const one = { downgrade: downgrade.slice(0, 1), fallback };
    const other = await routedWorld(one, { soFar: { budgetPercent: 90 }, upstreams });
    await other.anthropic.messages.create(request);
    expect(asked(other)).toEqual(['m-1']);
    expect(other.ledger.begins[0]?.choice?.reason).toBe(`It is the model of the agent. ${passed}`);
  });

  it('for want of room is passed over; a longer answer than it gives is cut', async () => {
    const policy = { downgrade: [{ atBudgetPercent: 80, to: 'm-2' }] };
    const cut = await routedWorld(policy, { ...spent(85), upstreams: { 'm-2': { maxOutputTokens: 7 } } });
    await cut.anthropic.messages.create(request);
    expect(cut.model.requests()[0]?.body).toMatchObject({ model: 'm-2', max_tokens: 7 });
    const small = await routedWorld(policy, { ...spent(85), upstreams: { 'm-2': { contextWindow: 20 } } });
    await small.anthropic.messages.create(request);
    expect(asked(small)).toEqual(['m-1']);
    expect(small.ledger.begins[0]?.choice?.reason).toContain('does not fit its context window of 20');
    const thinking = { type: 'enabled' as const, budget_tokens: 2_000 };
    const thinks = await routedWorld(policy, spent(85));
    await drain(await thinks.anthropic.messages.create({ ...request, max_tokens: 4_000, stream: true, thinking }));
    expect(asked(thinks)).toEqual(['m-1']);
    expect(thinks.ledger.begins[0]?.choice?.reason).toContain('leaves nothing beside what the request has it think');
  });

  it('is no way round what no budget can hold: the request is refused as before', async () => {
    const world = await routedWorld({ fallback }, spent(85));
    const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const }];
    await expect(world.anthropic.messages.create({ ...request, tools })).rejects.toThrow(/runs at the provider/);
    expect(asked(world)).toEqual([]);
  });

  it('cannot be asked for by name', async () => {
    const world = await routedWorld({ fallback });
    await expect(world.anthropic.messages.create({ ...request, model: 'm-2' })).rejects.toMatchObject({ status: 403 });
  });
});

describe('thoughts in what is sent back', () => {
  const thinking = { type: 'enabled' as const, budget_tokens: 100 };
  const calls = [{ name: 'look', input: {} }];
  const tools = [{ name: 'look', input_schema: { type: 'object' as const } }];

  /** One turn after another with a tool between them, as a program goes on: with all that it was told. */
  async function goOn(world: GatewayWorld, history: unknown[]) {
    const body = { ...request, max_tokens: 900, thinking, tools, messages: history };
    const answer = (await (await world.post('/v1/messages', body)).json()) as {
      content: { type: string; id?: string }[];
    };
    const id = answer.content.find(({ type }) => type === 'tool_use')?.id;
    const result = { type: 'tool_result', tool_use_id: id, content: 'seen' };
    history.push({ role: 'assistant', content: answer.content }, { role: 'user', content: [result] });
  }

  const sentThoughts = ({ model }: GatewayWorld) =>
    model.requests().map(({ body }) => {
      const { messages: sent, thinking: on } = body as { messages: { content: unknown }[]; thinking?: unknown };
      const blocks = sent.flatMap(({ content }) =>
        Array.isArray(content) ? (content as { thinking?: string }[]) : [],
      );
      return { thoughts: blocks.flatMap(({ thinking: thought }) => thought ?? []), isOn: on !== undefined };
    });

  it('are those of the model that is asked: another one refuses them', async () => {
    const says = {
      'm-1': { thinking: 'One thinks.', toolCalls: calls },
      'm-2': { thinking: 'Two thinks.', toolCalls: calls },
    };
    const world = await routedWorld({ fallback }, { says });
    const history: unknown[] = [...messages];
    await goOn(world, history);
    world.ledger.unavailable.set('m-1', 'open');
    await goOn(world, history);
    await goOn(world, history);
    world.ledger.unavailable.clear();
    await goOn(world, history);
    expect(asked(world)).toEqual(['m-1', 'm-2', 'm-2', 'm-1']);
    expect(sentThoughts(world)).toEqual([
      { thoughts: [], isOn: true },
      // It would refuse to think on after calls that were made without thinking.
      { thoughts: [], isOn: false },
      { thoughts: ['Two thinks.'], isOn: true },
      { thoughts: ['One thinks.'], isOn: false },
    ]);
  });

  it('are nobody’s when an earlier process has passed them on, and more than one model has answered', async () => {
    const thought = { type: 'thinking', thinking: 'Whose?', signature: 'unknown' };
    const history = [
      ...messages,
      { role: 'assistant', content: [thought, { type: 'text', text: 'Yes.' }] },
      ...messages,
    ];
    const ask = async (models: string[]) => {
      const world = await routedWorld({ fallback }, { soFar: { models } });
      await (await world.post('/v1/messages', { ...request, messages: history })).text();
      return sentThoughts(world)[0]?.thoughts;
    };
    expect(await ask(['m-1'])).toEqual(['Whose?']);
    expect(await ask(['m-1', 'm-2'])).toEqual([]);
  });
});

describe('a run without a policy', () => {
  it('costs nothing more: nothing is looked up, chosen or said for it', async () => {
    const world = await startWorld();
    await world.anthropic.messages.create(request);
    expect(world.lookedUp()).toBe(0);
    expect(world.ledger.begins[0]).not.toHaveProperty('choice');
    const ruled = await routedWorld({});
    await ruled.anthropic.messages.create(request);
    expect(ruled.lookedUp()).toBe(0);
    expect(ruled.ledger.begins[0]).toHaveProperty('choice.rule', 'agent');
  });

  it('with one is looked up once for each call, also when it falls back', async () => {
    const world = await routedWorld({ fallback }, { says: { 'm-1': fails(503) } });
    await world.anthropic.messages.create(request);
    expect(world.lookedUp()).toBe(1);
  });
});
