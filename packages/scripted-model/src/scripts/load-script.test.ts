import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScript, parseScript } from './load-script.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'script-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function save(text: string): Promise<string> {
  const path = join(folder, 'script.json');
  await writeFile(path, text);
  return path;
}

const rule = { name: 'a rule', match: {}, answer: { text: 'x' } };

describe('loadScript', () => {
  it('reads a script as it was written', async () => {
    const script = { rules: [{ ...rule, match: { toolResults: { min: 1 } }, times: 2 }], models: ['m-1'] };
    expect(await loadScript(await save(JSON.stringify(script)))).toEqual(script);
  });

  it('names the file that is not there', async () => {
    const missing = join(folder, 'missing.json');
    await expect(loadScript(missing)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining(missing) as string,
    });
  });

  it('says where a file is no JSON', async () => {
    await expect(loadScript(await save('{"rules": [,]}'))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/script\.json is no JSON: Unexpected token ','/) as string,
    });
  });

  it.each([
    [
      'a misspelt condition',
      { ...rule, match: { firstUserInclude: 'x' } },
      /"a rule" .*Unrecognized key: "firstUserInclude"/,
    ],
    ['no reply at all', { name: 'a rule', match: {} }, /exactly one of answer, answers and fail, has 0/],
    ['two replies', { ...rule, fail: { status: 500 } }, /exactly one of answer, answers and fail, has 2/],
    [
      'a pattern that is none',
      { ...rule, match: { modelMatches: '(' } },
      /\.match\.modelMatches: is no regular expression/,
    ],
    ['a status that is no failure', { ...rule, answer: undefined, fail: { status: 200 } }, /\.fail/],
    [
      'a placeholder that nothing fills',
      { ...rule, answer: { toolCalls: [{ name: 'w', input: ['{{key}}'] }] } },
      /uses \{\{key\}\}/,
    ],
    [
      'two inputs of one call',
      { ...rule, answer: { toolCalls: [{ name: 'w', input: 1, inputText: '1' }] } },
      /toolCalls\[0\]: has both/,
    ],
  ])('refuses %s, naming rule and place', (_, bad, message) => {
    expect(() => parseScript({ rules: [rule, { ...bad, name: 'a rule' }].slice(1) }, 'x.json')).toThrow(message);
  });

  it('refuses two rules of one name, because the log could not tell them apart', () => {
    expect(() => parseScript({ rules: [rule, rule] }, 'x.json')).toThrow(
      'The script x.json is not valid: script: two rules are called "a rule"',
    );
  });

  it('reports every fault at once', () => {
    const rules = [
      { ...rule, times: 0 },
      { ...rule, name: '' },
    ];
    expect(() => parseScript({ rules }, 'x.json')).toThrow(/rules\[0\] "a rule" \.times: .*; rules\[1\] \.name: /);
  });
});
