import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAcpProgram } from './acp-connection.js';
import { takeTurnOf, type Turn } from './take-turn.js';

/** An agent of a few lines: it answers each request with what its test says. `said` is what it hears. */
const agent = (answers: string) => `
  const lines = require('node:readline').createInterface({ input: process.stdin });
  const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
  const say = (update) => send({ method: 'session/update', params: { sessionId: 's', update } });
  const text = (text) => say({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
  const usual = {
    initialize: () => ({ protocolVersion: 1, agentCapabilities: { loadSession: true } }),
    'session/new': () => ({ sessionId: 'new' }),
    'session/load': () => ({}),
    'session/prompt': () => ({ stopReason: 'end_turn' }),
  };
  const own = (${answers});
  lines.on('line', async (line) => {
    const { id, method, params, result } = JSON.parse(line);
    if (method === undefined) return own.onAnswer?.(result);
    if (id === undefined) return own[method]?.(params);
    try { send({ id, result: await (own[method] ?? usual[method])(params) }); }
    catch (error) { send({ id, error: { code: error.code ?? -32603, message: error.message } }); }
  });
`;

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'fermata-acp-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let number = 0;
async function turnOf(answers: string, more: Partial<Turn> = {}, script = agent(answers)) {
  const file = join(folder, `agent-${(number += 1)}.cjs`);
  writeFileSync(file, script);
  const env = { PATH: process.env['PATH'] ?? '' };
  const program = startAcpProgram({ command: process.execPath, args: [file], cwd: folder, env });
  const updates: string[] = [];
  const sessions: string[] = [];
  const end = await takeTurnOf(program, {
    program: { title: 'Test agent', howToLogIn: 'Log in with `test login`.' },
    ...{ cwd: folder, sessionId: null, mode: null, offersFiles: true, signal: new AbortController().signal },
    promptFor: (resumed) => (resumed ? 'go on' : 'begin'),
    news: () => null,
    tools: { name: 'fermata', url: 'http://127.0.0.1:1/mcp', token: 't' },
    mcpServers: [],
    attendant: {
      permit: () => Promise.resolve(true),
      onUpdate: (update) => void updates.push(update.sessionUpdate),
      readFile: () => Promise.reject(new Error('no')),
      writeFile: () => Promise.resolve(),
      terminals: null,
    },
    onSession: (id) => Promise.resolve(void sessions.push(id)),
    ...more,
  });
  return { end, updates, sessions };
}

describe('a turn of an agent', () => {
  it('ends with what it said after its last act', async () => {
    const { end, updates, sessions } = await turnOf(`{ 'session/prompt': () => {
      text('I look. '); say({ sessionUpdate: 'tool_call', toolCallId: 'c', title: 'Look' }); text('It is '); text('done.');
      return { stopReason: 'end_turn' };
    } }`);
    expect(end).toEqual({ stopReason: 'end_turn', lastWords: 'It is done.' });
    expect(sessions).toEqual(['new']);
    expect(updates).toContain('tool_call');
  });

  it('goes on with its session, and what it repeats of that is not heard again', async () => {
    const answers = `{ 'session/load': () => { text('old words'); return {}; },
      'session/prompt': ({ prompt }) => { text('told: ' + prompt[0].text); return { stopReason: 'end_turn' }; } }`;
    const { end, updates, sessions } = await turnOf(answers, { sessionId: 'kept' });
    expect(end.lastWords).toBe('told: go on');
    expect(sessions).toEqual(['kept']);
    expect(updates).toEqual(['agent_message_chunk']);
  });

  it('is told what there is to tell when it has stopped, in the same session', async () => {
    const answers = `{ 'session/prompt': ({ sessionId, prompt }) => {
      text(sessionId + ' ' + prompt[0].text); return { stopReason: 'end_turn' }; } }`;
    const news = ['one more', 'and another'];
    const { end } = await turnOf(answers, { news: () => news.shift() ?? null });
    expect(end.lastWords).toBe('new and another');
    expect(news).toEqual([]);
  });

  it('begins anew when it has lost its session', async () => {
    const answers = `{ 'session/load': () => { throw new Error('no such session'); },
      'session/prompt': ({ prompt }) => { text(prompt[0].text); return { stopReason: 'end_turn' }; } }`;
    const { end, sessions } = await turnOf(answers, { sessionId: 'lost' });
    expect(end.lastWords).toBe('begin');
    expect(sessions).toEqual(['new']);
  });

  it.each([
    [
      'asks for a login',
      `{ 'session/new': () => { throw Object.assign(new Error('please log in'), { code: -32000 }); } }`,
    ],
    [
      'asks for a login when it is prompted',
      `{ 'session/prompt': () => { throw Object.assign(new Error('log in'), { code: -32000 }); } }`,
    ],
  ])('that %s says so', async (_name, answers) => {
    await expect(turnOf(answers)).rejects.toMatchObject({
      code: 'provider_unauthorized',
      message: expect.stringMatching(/^Test agent asks for a login: .* Log in with `test login`\.$/) as unknown,
    });
  });

  it('of another version of the protocol is refused, with both versions', async () => {
    const turn = turnOf(`{ initialize: () => ({ protocolVersion: 7 }) }`);
    await expect(turn).rejects.toThrow('version 7 of the Agent Client Protocol, and version 1 is needed');
  });

  it('that ends by itself is told with its last words on stderr', async () => {
    const turn = turnOf(`{ 'session/prompt': () => { process.stderr.write('out of luck'); process.exit(3); } }`);
    await expect(turn).rejects.toThrow('ended before its turn did (exit code 3): out of luck');
  });

  it('that prints what is no message goes on', async () => {
    const noise = `console.log('Welcome!'); console.log('{"half":');\n${agent('{}')}`;
    expect((await turnOf('{}', {}, noise)).end.stopReason).toBe('end_turn');
  });

  it('that says that it failed fails with its words', async () => {
    const turn = turnOf(`{ 'session/prompt': () => { throw new Error('the model is on holiday'); } }`);
    await expect(turn).rejects.toMatchObject({
      code: 'tool_failed',
      message: expect.stringContaining('on holiday') as unknown,
    });
  });

  it('that does not stop when it is told to is ended', async () => {
    const stop = new AbortController();
    const turn = turnOf(`{ 'session/prompt': () => { text('busy'); return new Promise(() => {}); } }`, {
      signal: stop.signal,
      attendant: {
        permit: () => Promise.resolve(false),
        onUpdate: () => stop.abort(),
        readFile: () => Promise.resolve(''),
        writeFile: () => Promise.resolve(),
        terminals: null,
      },
    });
    await expect(turn).rejects.toMatchObject({ code: 'command_failed' });
  });

  it.each([
    ['that takes HTTP is given our tools and all its servers', true, ['fermata', 'docs', 'files']],
    ['that starts programs only is given those', false, ['files']],
  ])('%s', async (_name, http, names) => {
    const answers = `{
      initialize: () => ({ protocolVersion: 1, agentCapabilities: { mcpCapabilities: { http: ${http} } } }),
      'session/new': ({ mcpServers }) => { own.given = mcpServers; return { sessionId: 'new' }; },
      'session/prompt': () => { text(JSON.stringify(own.given)); return { stopReason: 'end_turn' }; } }`;
    const { end } = await turnOf(answers, {
      mcpServers: [
        { name: 'docs', transport: 'http', url: 'https://docs.example.org/mcp', headers: { 'X-Key': 'k' } },
        { name: 'files', transport: 'stdio', command: '/bin/files', args: ['--all'], env: { ROOT: '/srv' } },
      ],
    });
    const given = JSON.parse(end.lastWords) as { name: string }[];
    expect(given.map(({ name }) => name)).toEqual(names);
    expect(given.at(-1)).toEqual({
      ...{ name: 'files', command: '/bin/files', args: ['--all'], env: [{ name: 'ROOT', value: '/srv' }] },
    });
    if (http)
      expect(given[1]).toEqual({
        ...{ type: 'http', name: 'docs', url: 'https://docs.example.org/mcp' },
        headers: [{ name: 'X-Key', value: 'k' }],
      });
  });

  it('is answered by the option that says it once, and by cancelled where there is none', async () => {
    const ask = (options: string) => `{
      onAnswer: (result) => { text(JSON.stringify(result.outcome)); own.done({ stopReason: 'end_turn' }); },
      'session/prompt': () => new Promise((resolve) => {
        own.done = resolve;
        send({ id: 99, method: 'session/request_permission',
          params: { sessionId: 'new', toolCall: { toolCallId: 'c' }, options: ${options} } });
      }) }`;
    const options = `[{ optionId: 'a', name: 'Always', kind: 'allow_always' }, { optionId: 'o', name: 'Once', kind: 'allow_once' }]`;
    expect((await turnOf(ask(options))).end.lastWords).toBe('{"outcome":"selected","optionId":"o"}');
    const none = `[{ optionId: 'r', name: 'No', kind: 'reject_once' }]`;
    expect((await turnOf(ask(none))).end.lastWords).toBe('{"outcome":"cancelled"}');
  });
});
