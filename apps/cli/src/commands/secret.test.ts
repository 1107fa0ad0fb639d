import { PassThrough } from 'node:stream';
import { DomainError } from '@fermata/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askHidden } from '../asking.js';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { runFermata } from '../testing/run-fermata.fixture.js';

const then = '2026-01-31T09:30:00.000Z';
const row = { name: 'API_KEY', keyId: 'k1', createdAt: then, updatedAt: then };
const value = 'sk-typed-0815';
let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi({
    saveSecret: () => ({ secret: row }),
    removeSecret: ({ input }: { input: { name: string } }) => {
      if (input.name !== 'API_KEY') throw new DomainError('not_found', `There is no secret ${input.name}.`);
      return { secret: row };
    },
    rotateSecrets: () => ({ keyId: 'k2', rotated: 3, retiredKeyIds: ['k1'] }),
    secrets: () => [row],
  });
});
afterEach(() => api.close());

describe('fermata secret set', () => {
  it.each([
    ['as it is', value, value],
    ['without the end of the line', `${value}\n`, value],
    ['without the end of a line of Windows', `${value}\r\n`, value],
    ['with all other lines', `-----BEGIN\nsecret\n\n`, '-----BEGIN\nsecret\n'],
    ['with its spaces', ` ${value} `, ` ${value} `],
  ])('takes the value from standard input %s, and prints nothing of it', async (_, input, sent) => {
    const { code, stdout, stderr } = await runFermata(['secret', 'set', 'API_KEY'], { api, input });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'API_KEY is stored.\n', stderr: '' });
    expect(api.asked.at(-1)?.variables).toEqual({ input: { name: 'API_KEY', value: sent } });
  });

  it('takes no value on the command line', async () => {
    const { code } = await runFermata(['secret', 'set', 'API_KEY', value], { api });
    expect(code).toBe(2);
    expect(api.asked).toEqual([]);
  });
});

describe('what is asked for without being shown', () => {
  function terminal() {
    const [stdin, stderr] = [new PassThrough(), new PassThrough()];
    const raw: boolean[] = [];
    let shown = '';
    stderr.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const setRawMode = (mode: boolean) => void raw.push(mode);
    Object.assign(stdin, { isTTY: true, setRawMode });
    return { stdin, stderr, shown: () => shown, raw };
  }

  it('is what was typed, and the terminal shows the question alone', async () => {
    const { stdin, stderr, shown, raw } = terminal();
    const asked = askHidden({ stdin, stderr }, 'The value?');
    stdin.write(`${value}x\u007f\r`);
    expect(await asked).toBe(value);
    expect(shown()).toBe('The value? \n');
    // The terminal itself echoes nothing while it is read, and is as before afterwards.
    expect(raw).toEqual([true, false]);
  });

  it.each([
    ['^C', '\u0003'],
    ['^D', '\u0004'],
  ])('is nothing after %s', async (_, key) => {
    const { stdin, stderr } = terminal();
    const asked = askHidden({ stdin, stderr }, 'The value?');
    stdin.write(key);
    await expect(asked).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

it('lists secrets with their keys, and says when there is none', async () => {
  const { stdout } = await runFermata(['secret', 'list'], { api });
  expect(stdout).toMatch(/^NAME +KEY +SET\nAPI_KEY +k1 +\d+ \w+ ago\n$/);
  const json = await runFermata(['secret', 'list', '--json'], { api });
  expect(JSON.parse(json.stdout)).toEqual({ secrets: [row] });
});

it('removes a secret, and fails for one that is not there', async () => {
  expect(await runFermata(['secret', 'remove', 'API_KEY'], { api })).toMatchObject({ stdout: 'API_KEY is removed.\n' });
  expect(await runFermata(['secret', 'remove', 'OTHER'], { api })).toMatchObject({ code: 1 });
});

it('says what a rotation did', async () => {
  const { stdout } = await runFermata(['secret', 'rotate'], { api });
  expect(stdout).toBe('3 secrets are encrypted anew, with the key k2.\nNo longer needed: k1.\n');
});

it('doctor takes a stored key for one', async () => {
  await api.close();
  api = await startFakeApi({ secrets: () => [{ ...row, name: 'OPENAI_API_KEY' }] });
  const { stdout } = await runFermata(['doctor', '--json'], { api });
  const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string; detail: string }[] };
  expect(checks.find(({ name }) => name === 'model provider')).toMatchObject({
    ...{ state: 'ok', detail: 'OPENAI_API_KEY stored as a secret' },
  });
});
