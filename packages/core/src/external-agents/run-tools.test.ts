import type { Json } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { createRunToolsServer, type RunTools } from './run-tools.js';

function world(kind: 'work' | 'plan' | 'review' = 'work') {
  const heard: Json[] = [];
  const tools: RunTools = {
    finish: (input) => Promise.resolve({ text: `taken ${heard.push(input)}`, isError: false }),
    askHuman: (question) => Promise.resolve({ text: `asked ${heard.push(question)}`, isError: false }),
  };
  const serve = createRunToolsServer(kind, tools);
  let id = 0;
  const send = async (method: string, params: object = {}) => {
    const answer = await serve(
      new Request('http://gateway/mcp', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', id: (id += 1), method, params }),
      }),
    );
    const text = await answer.text();
    const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
    return (
      JSON.parse(data) as { result: { tools?: { name: string }[]; content?: { text: string }[]; isError?: boolean } }
    ).result;
  };
  return { heard, send, call: (name: string, input: object) => send('tools/call', { name, arguments: input }) };
}

describe('our own tools for an agent that is a program', () => {
  it.each([
    ['work', ['ask_human', 'finish']],
    ['plan', ['ask_human', 'finish']],
    ['review', ['finish']],
  ] as const)('are those of a %s run', async (kind, names) => {
    const { tools } = await world(kind).send('tools/list');
    expect(tools?.map(({ name }) => name).toSorted()).toEqual(names);
  });

  it('take a result, and answer what is wrong with one', async () => {
    const { call, heard } = world();
    expect(await call('finish', { summary: 'Done.' })).toMatchObject({
      content: [{ text: 'taken 1' }],
      isError: false,
    });
    const wrong = await call('finish', { sumary: 'Done.' });
    expect(wrong.isError).toBe(true);
    expect(wrong.content?.[0]?.text).toContain('summary');
    expect(heard).toEqual([{ summary: 'Done.' }]);
  });

  it('put a question with its choices', async () => {
    const { call, heard } = world();
    await call('ask_human', { question: 'Which?', options: ['red', 'blue'] });
    expect(heard).toEqual(['Which?\n- red\n- blue']);
  });

  it('do nothing but that', async () => {
    const { call, heard } = world();
    for (const name of ['bash', 'write', 'nonsense']) {
      expect(await call(name, { command: 'id', path: 'x', content: 'y' })).toMatchObject({ isError: true });
    }
    expect(await call('bash', { command: 'id' })).toMatchObject({ isError: true });
    expect(await call('spawn_task', { title: 'Look', instructions: 'Look.' })).toMatchObject({ isError: true });
    expect(heard).toEqual([]);
  });
});
