import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { ScriptedReply } from '@fermata/scripted-model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestFermata, useFermata } from '../support/fermata.js';
import { addRepository, ask, finalStates, order, runEnd, runWhere, submitGoal } from '../support/goals.js';
import { finishes, planOf, type Turn, useModel, writes } from '../support/model.js';
import { landedOn, makeRepository } from '../support/small-repository.js';

const model = useModel();
const fermata = useFermata(() => model.environment());

const usage = { inputTokens: 1_000, outputTokens: 100 };
/** What the plan, two turns of work and the review are said to use, each counted once. */
const wholeUsage = { inputTokens: 4_000, outputTokens: 400 };
const measured = (reply: ScriptedReply): ScriptedReply => ({ ...reply, usage });

/** Gives each of the replies in turn, and then the last of them for ever. */
function inTurn(...replies: ScriptedReply[]): Turn {
  let asked = 0;
  return () => replies[Math.min(asked++, replies.length - 1)]!;
}

async function give(on: TestFermata, name: string, first: Turn): Promise<{ id: string; location: string }> {
  const location = await makeRepository(join(on.folder, name));
  const review = { verdict: 'approve', summary: 'As ordered.', findings: [] };
  model.plans(name, [measured(planOf({ work: { title: `${name} work` } }))]);
  model.works(`${name} work`, [first, measured(finishes())]);
  model.reviews(`${name} work`, [measured({ toolCalls: [{ name: 'finish', input: review }] })]);
  const gates = [{ name: 'check', command: 'test -e README.md' }];
  return { location, id: await submitGoal(on.held, await addRepository(on.held, location, { gates })) };
}

const write = (name: string) => measured(writes(`${name}.txt`, `${name}\n`));

async function expectCountedOnce(id: string, location: string): Promise<void> {
  const run = await runEnd(fermata.held, id);
  expect(run).toMatchObject({ state: 'completed', cost: wholeUsage, budget: { heldMicros: 0 } });
  expect(run.budget.spentMicros).toBe(run.cost.micros);
  expect(await landedOn(location)).toHaveLength(1);
}

describe.concurrent('a provider that fails for a while', () => {
  it('by a rate limit: the run says until when it waits, asks no earlier, and goes on', async () => {
    const { id, location } = await give(
      fermata,
      'limited',
      inTurn({ fail: { status: 429, retryAfter: 6 } }, write('limited')),
    );
    const waiting = await runWhere(fermata.held, id, {
      what: 'waiting for the rate limit',
      is: ({ waitingOn, state }) => waitingOn?.kind === 'rate_limit' || finalStates.includes(state),
    });
    await expectCountedOnce(id, location);
    expect(waiting.waitingOn).toMatchObject({ kind: 'rate_limit', releasableBy: ['provider'] });
    const asked = model.server.requests().filter(({ status, outcome }) => status === 429 || outcome === 'failed');
    expect(asked.length).toBeGreaterThan(0);
    const limited = asked.find(({ status }) => status === 429)!;
    const next = model.server
      .requests()
      .find(({ conversationDigest, status }) => conversationDigest === limited.conversationDigest && status === 200)!;
    expect(Date.parse(next.at) - Date.parse(limited.at)).toBeGreaterThanOrEqual(6_000);
  });

  it('by errors of its own', async () => {
    const failing = { fail: { status: 500 } };
    const { id, location } = await give(
      fermata,
      'broken',
      inTurn(failing, { fail: { status: 503, html: '<h1>away</h1>' } }, { fail: { status: 529 } }, write('broken')),
    );
    await expectCountedOnce(id, location);
  });

  it('by streams that are cut, end too early or break with an error in the middle', async () => {
    const broken = (stream: Record<string, number>) => ({ ...write('cut'), stream: { chunkSize: 4, ...stream } });
    const { id, location } = await give(
      fermata,
      'cut',
      inTurn(
        { fail: { cutStream: true } },
        broken({ cutAfterChunks: 2 }),
        broken({ endAfterChunks: 3 }),
        broken({ errorAfterChunks: 1 }),
        write('cut'),
      ),
    );
    const run = await runEnd(fermata.held, id);
    expect(run).toMatchObject({ state: 'completed', budget: { heldMicros: 0, spentMicros: run.cost.micros } });
    expect(await landedOn(location)).toHaveLength(1);
    // Answers once, as everywhere; and each of the four that broke off as an estimate, because providers bill them too.
    const [input, output] = [
      run.cost.inputTokens - wholeUsage.inputTokens,
      run.cost.outputTokens - wholeUsage.outputTokens,
    ];
    expect(input).toBeGreaterThan(0);
    expect(input % 4).toBe(0);
    expect(output).toBeGreaterThan(0);
    expect(output).toBeLessThan(usage.outputTokens);
  });
});

describe('an endpoint that is no model', () => {
  /** Answers as a wrong address or a wrong key does, until it is told to give way to the model. */
  const faulty = createServer((request, response) => {
    if (answer === 'model') return void forward(request, response);
    const [status, type, body] =
      answer === 'html'
        ? [200, 'text/html', '<!doctype html><title>Welcome</title>']
        : [
            401,
            'application/json',
            '{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}',
          ];
    request.resume().once('end', () => response.writeHead(status, { 'content-type': type }).end(body));
  });
  let answer: 'html' | 'unauthorized' | 'model' = 'html';
  let url = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => faulty.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(faulty.address() as { port: number }).port}`;
  });
  afterAll(() => faulty.close());

  const other = useFermata(() => ({ ...model.environment(), ANTHROPIC_BASE_URL: url }));

  async function forward(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answered = await fetch(`${model.server.anthropicBaseUrl}${request.url}`, {
      method: request.method ?? 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'scripted' },
      body: Buffer.concat(chunks),
    });
    response.writeHead(answered.status, { 'content-type': answered.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answered.arrayBuffer()));
  }

  it.each([
    ['html', 'provider_misconfigured', /ANTHROPIC_BASE_URL|endpoint|address/i],
    ['unauthorized', 'provider_unauthorized', /ANTHROPIC_API_KEY|key/i],
  ] as const)(
    'that answers %s fails the run at once with what to set, and without it the next goal works',
    async (how, code, says) => {
      answer = how;
      const { id } = await give(other, `faulty-${how}`, write(how));
      const run = await runEnd(other.held, id, 45_000).catch(async (error: unknown) => {
        await order(other.held, 'cancelRun', id);
        throw error;
      });
      expect(run).toMatchObject({ state: 'failed', waitingOn: null, failure: { code } });
      expect(run.failure!.message).toMatch(says);
      expect(run.cost.micros).toBe(0);
      expect(run.budget).toMatchObject({ spentMicros: 0, heldMicros: 0 });
      answer = 'model';
      const next = await give(other, `mended-${how}`, write(how));
      expect((await runEnd(other.held, next.id)).state).toBe('completed');
      const { me } = await ask<{ me: { role: string } }>(other.held, '{ me { role } }');
      expect(me.role).toBe('admin');
    },
  );
});
