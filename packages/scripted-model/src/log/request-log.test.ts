import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWithClients } from '../server/scripted.fixture.js';
import { readRequestLog } from './read-request-log.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-'));
});
afterEach(() => rm(folder, { recursive: true }));

const request = { model: 'm-1', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] };
const script = { rules: [{ name: 'any', match: {}, answer: { text: 'yes' } }] };

describe('the request log', () => {
  it('tells what came and how it was answered', async () => {
    const { anthropic, server } = await startWithClients(script);
    const answer = anthropic.messages.create({ ...request, system: 's' });
    const { request_id } = await answer.withResponse();
    expect(server.requests()).toEqual([
      {
        id: request_id,
        at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        method: 'POST',
        path: '/v1/messages',
        protocol: 'anthropic',
        model: 'm-1',
        rule: 'any',
        stream: false,
        messages: 1,
        assistantTurns: 0,
        toolResults: 0,
        systemDigest: '043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89',
        conversationDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        headers: expect.objectContaining({ 'anthropic-version': expect.any(String) as string }) as object,
        status: 200,
        body: { ...request, system: 's' },
        outcome: 'answered',
        failure: null,
      },
    ]);
  });

  it('holds no keys, but tells them apart', async () => {
    const logPath = join(folder, 'log.jsonl');
    const { anthropic, openai, server } = await startWithClients(script, { logPath });
    await anthropic.messages.create(request);
    await openai.responses.create({ model: 'm-1', input: 'hello' });
    const headers = server.requests().map((logged) => logged.headers);
    expect(headers[0]!['authorization']).toMatch(/^sha256:[0-9a-f]{12}$/);
    expect(headers[1]!['authorization']).toMatch(/^sha256:[0-9a-f]{12}$/);
    expect(headers[0]!['authorization']).not.toBe(headers[1]!['authorization']);
    await fetch(`${server.url}/v1/messages?key=key-a`, {
      method: 'POST',
      headers: { 'x-api-key': 'key-a' },
      body: '{}',
    });
    expect(server.requests()[2]!.headers['x-api-key']).toMatch(/^sha256:[0-9a-f]{12}$/);
    expect(await readFile(logPath, 'utf8')).not.toMatch(/key-a|key-o/);
  });

  it('keeps no bodies when told so', async () => {
    const { anthropic, server } = await startWithClients(script, { keepBodies: false });
    await anthropic.messages.create(request);
    expect(server.requests()[0]).toMatchObject({ body: null, outcome: 'answered' });
  });

  it('names conversations that were answered twice, whatever else came between', async () => {
    const { anthropic, server } = await startWithClients(script);
    await anthropic.messages.create(request);
    await anthropic.messages.create({ ...request, system: 'other' });
    await anthropic.messages.stream(request).finalMessage();
    const [first, , third] = server.requests();
    expect(server.repeatedRequests()).toEqual([
      { conversationDigest: first!.conversationDigest, requests: [first, third] },
    ]);
  });

  it('writes to its file what it has in memory, one server after the other', async () => {
    const logPath = join(folder, 'log.jsonl');
    const first = await startWithClients(script, { logPath });
    await first.anthropic.messages.create(request);
    await first.anthropic.messages.create({ ...request, max_tokens: 0 }).catch(() => undefined);
    const known = first.server.requests();
    expect(await readRequestLog(logPath)).toEqual(known);
    await first.server.close();
    const second = await startWithClients(script, { logPath });
    await second.anthropic.messages.create(request);
    expect(await readRequestLog(logPath)).toEqual([...known, ...second.server.requests()]);
  });

  it('reads a file whose last line was not finished', async () => {
    const logPath = join(folder, 'log.jsonl');
    const { anthropic, server } = await startWithClients(script, { logPath });
    await anthropic.messages.create(request);
    await appendFile(logPath, '{"type":"request","id":"req_1","at"');
    expect(await readRequestLog(logPath)).toEqual(server.requests());
  });

  it('refuses a file that cannot be written', async () => {
    const logPath = join(folder, 'missing', 'log.jsonl');
    await expect(startWithClients(script, { logPath })).rejects.toMatchObject({ code: 'data_directory_unusable' });
  });
});
