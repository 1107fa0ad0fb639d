import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { readTool, startWithClients } from '../server/scripted.fixture.js';
import type { Match, Rule, Script } from './script.js';

/** What the model says to `messages`, as plain text, or the message of its refusal. */
async function ask(clients: { anthropic: Anthropic }, request: Partial<Anthropic.MessageCreateParamsNonStreaming>) {
  const base = { model: 'm-1', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] };
  const message = await clients.anthropic.messages.create({ ...base, ...request });
  return message.content.map((block) => (block.type === 'text' ? block.text : JSON.stringify(block))).join();
}

const user = (content: string) => ({ role: 'user' as const, content });
const model = (content: string) => ({ role: 'assistant' as const, content });
const toTest = (match: Match): Script => ({ rules: [{ name: 'tested', match, answer: { text: 'fits' } }] });

describe('matching', () => {
  it.each<[string, Match, boolean]>([
    ['the model by name', { model: 'm-1' }, true],
    ['the model by name', { model: 'm' }, false],
    ['the model by pattern', { modelMatches: '^m-\\d$' }, true],
    ['a text in the system prompt', { systemIncludes: 'careful' }, true],
    ['all texts of a list', { systemIncludes: ['careful', 'brief'] }, true],
    ['all texts of a list', { systemIncludes: ['careful', 'loud'] }, false],
    ['the first words of the user', { firstUserIncludes: 'first' }, true],
    ['the first words of the user', { firstUserIncludes: 'second' }, false],
    ['the last words of the user', { lastUserIncludes: 'second' }, true],
    ['the last words of the user', { lastUserIncludes: 'first' }, false],
    ['lines by pattern', { lastUserMatches: '^line two$' }, true],
    ['no more than a line by a dot', { lastUserMatches: 'second.*two' }, false],
    ['the number of turns', { assistantTurns: 1 }, true],
    ['the number of turns', { assistantTurns: { min: 2 } }, false],
    ['the number of tool results', { toolResults: { max: 0 } }, true],
    ['the number of tool results', { toolResults: 1 }, false],
    ['the tools offered', { hasTool: ['read_file'] }, true],
    ['the tools offered', { hasTool: 'write_file' }, false],
    ['several conditions, which must all hold', { model: 'm-1', assistantTurns: 1, hasTool: 'write_file' }, false],
  ])('matches on %s (%j: %s)', async (_, match, fits) => {
    const clients = await startWithClients(toTest(match));
    const answer = ask(clients, {
      system: 'Be careful and brief.',
      messages: [user('the first'), model('yes'), user('the second\nline two')],
      tools: [{ ...readTool, input_schema: readTool.parameters }],
    });
    if (fits) expect(await answer).toBe('fits');
    else await expect(answer).rejects.toThrow(/"tested\\?" failed on/);
  });

  it('takes the first of two rules that fit', async () => {
    const rules: Rule[] = ['one', 'two'].map((name) => ({ name, match: {}, answer: { text: name } }));
    const clients = await startWithClients({ rules });
    expect(await ask(clients, {})).toBe('one');
    expect(clients.server.unusedRules()).toEqual(['two']);
  });

  it('gives one of several answers for each turn of the model, in every conversation anew', async () => {
    const answers = [{ text: 'one' }, { text: 'two' }];
    const clients = await startWithClients({ rules: [{ name: 'turns', match: {}, answers }] });
    const later = [user('hello'), model('one'), user('more')];
    expect(await ask(clients, { messages: later })).toBe('two');
    expect(await ask(clients, {})).toBe('one');
    await expect(ask(clients, { messages: [...later, model('two'), user('still more')] })).rejects.toThrow(
      /answers: has 2/,
    );
  });

  it('fits no more than so many times in all, until it is reset', async () => {
    const limited: Rule = { name: 'twice', match: {}, answer: { text: 'yes' }, times: 2 };
    const clients = await startWithClients({ rules: [limited, { name: 'rest', match: {}, answer: { text: 'no' } }] });
    const three = async () => [await ask(clients, {}), await ask(clients, {}), await ask(clients, {})];
    expect(await three()).toEqual(['yes', 'yes', 'no']);
    clients.server.reset();
    expect(clients.server.requests()).toEqual([]);
    expect(await three()).toEqual(['yes', 'yes', 'no']);
  });

  it('fits no more than so many times for each conversation', async () => {
    const limited: Rule = { name: 'once each', match: {}, answer: { text: 'first' }, timesEach: 1 };
    const clients = await startWithClients({
      rules: [limited, { name: 'rest', match: {}, answer: { text: 'again' } }],
    });
    const other = { messages: [user('other')] };
    const answers = [
      await ask(clients, {}),
      await ask(clients, other),
      await ask(clients, {}),
      await ask(clients, other),
    ];
    expect(answers).toEqual(['first', 'first', 'again', 'again']);
  });

  it('fills placeholders from the groups of a pattern, wherever in the answer they stand', async () => {
    const clients = await startWithClients({
      rules: [
        {
          name: 'task',
          match: { firstUserMatches: '^Task (?<key>[a-z-]+):' },
          answer: {
            text: 'On {{key}}, not {{!key}}.',
            toolCalls: [{ name: 'write', input: { 'p.{{key}}': ['{{key}}.txt'] } }],
          },
        },
      ],
    });
    const answer = await ask(clients, { messages: [user('Context\nTask fix-it: please')] });
    expect(answer).toContain('On fix-it, not {{key}}.');
    expect(answer).toContain('"input":{"p.{{key}}":["fix-it.txt"]}');
  });

  it('gives equal answers to equal requests and other call ids to others', async () => {
    const clients = await startWithClients({
      rules: [{ name: 'call', match: {}, answer: { toolCalls: [{ name: 'a' }, { name: 'a' }] } }],
    });
    const [first, again, other] = [await ask(clients, {}), await ask(clients, {}), await ask(clients, { system: 'x' })];
    expect(again).toBe(first);
    const ids = `${first}${other}`.match(/toolu_\w+/g) ?? [];
    expect(new Set(ids).size).toBe(4);
  });

  it('asks a function where one is given in place of rules', async () => {
    const script: Script = ({ lastUserText, assistantTurns }) =>
      lastUserText.startsWith('hello') ? { text: `${lastUserText} ${assistantTurns}` } : undefined;
    const clients = await startWithClients(script);
    expect(await ask(clients, {})).toBe('hello 0');
    await expect(ask(clients, { messages: [user('bye')] })).rejects.toThrow(/The script function has no answer/);
  });

  it('says so when the script function throws', async () => {
    const clients = await startWithClients(() => {
      throw new Error('a bug');
    });
    await expect(ask(clients, {})).rejects.toThrow(/400 .*The script function threw: a bug/);
    expect(clients.server.failures()).toEqual(['The script function threw: a bug']);
  });
});
