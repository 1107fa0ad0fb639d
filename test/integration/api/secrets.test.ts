import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKeyFile } from '@fermata/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, codeOf, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { makeWorkspace, type TestWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const folder = mkdtempSync(join(tmpdir(), 'fermata-api-secrets-'));
const FERMATA_SECRET_KEYS_FILE = join(folder, 'secret-keys.json');
const value = 'sk-never-shown-0815';
let api: RunningApi;
let workspace: TestWorkspace;
let token: string;

beforeAll(async () => {
  ensureKeyFile(FERMATA_SECRET_KEYS_FILE);
  api = await startApi({ databaseUrl: held.url, env: { FERMATA_SECRET_KEYS_FILE, LOG_LEVEL: 'debug' } });
});
beforeEach(async () => {
  workspace = await makeWorkspace(held.database);
  token = await tokenOf(held.database, workspace, 'admin');
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

const listing = '{ secrets { name keyId createdAt updatedAt } }';
const saving = 'mutation ($input: SaveSecretInput!) { saveSecret(input: $input) { secret { name keyId } } }';
const removing = 'mutation ($input: RemoveSecretInput!) { removeSecret(input: $input) { secret { name } } }';
const rotating = 'mutation { rotateSecrets { keyId rotated retiredKeyIds } }';
const save = (input: Record<string, unknown>, as = token) => ask(api, saving, { token: as, variables: { input } });
const namesSeenBy = async (as: string) =>
  pick<{ name: string }[]>(await ask(api, listing, { token: as }), 'secrets').map(({ name }) => name);

describe('the secrets of a workspace', () => {
  it('are stored, listed, rotated and removed, and no answer and no log line has a value', async () => {
    const answers = [await save({ name: 'B', value }), await save({ name: 'A', value: 'another-one' })];
    const [before] = answers.map((answer) => pick<string>(answer, 'saveSecret.secret.keyId'));
    answers.push(await ask(api, rotating, { token }));
    expect(pick(answers[2]!, 'rotateSecrets')).toMatchObject({ rotated: 2, retiredKeyIds: [before] });
    answers.push(await ask(api, listing, { token }));
    expect(pick(answers[3]!, 'secrets')).toEqual([
      expect.objectContaining({ name: 'A', keyId: pick(answers[2]!, 'rotateSecrets.keyId') }),
      expect.objectContaining({ name: 'B' }),
    ]);
    answers.push(await ask(api, removing, { token, variables: { input: { name: 'B' } } }));
    expect(await namesSeenBy(token)).toEqual(['A']);
    expect(codeOf(await ask(api, removing, { token, variables: { input: { name: 'B' } } }))).toBe('not_found');
    expect(JSON.stringify(answers)).not.toContain(value);
    expect(JSON.stringify(api.log)).not.toContain(value);
  });

  it('are nothing to anybody else', async () => {
    await save({ name: 'MINE', value });
    const stranger = await tokenOf(held.database, await makeWorkspace(held.database), 'admin');
    expect(await namesSeenBy(stranger)).toEqual([]);
    expect(codeOf(await ask(api, removing, { token: stranger, variables: { input: { name: 'MINE' } } }))).toBe(
      'not_found',
    );
    expect(await namesSeenBy(token)).toEqual(['MINE']);
  });

  it.each(['viewer', 'operator', 'approver'] as const)('are for admins: a %s is refused', async (role) => {
    const other = await tokenOf(held.database, workspace, role);
    const input = { name: 'A' };
    const answers = await Promise.all([
      save({ name: 'A', value }, other),
      ask(api, removing, { token: other, variables: { input } }),
      ask(api, rotating, { token: other }),
      ask(api, listing, { token: other }),
    ]);
    expect(answers.map(codeOf)).toEqual(['forbidden', 'forbidden', 'forbidden', 'forbidden']);
    expect(await namesSeenBy(token)).toEqual([]);
  });

  it.each(['', 'a', '1A', 'A-B', 'A B', 'A\n', '_A', 'Ä', 'A'.repeat(65), "A'; --"])(
    'are not called %j',
    async (name) => {
      const answer = await save({ name, value });
      expect(codeOf(answer)).toBe('invalid_input');
      expect(JSON.stringify(answer)).not.toContain(value);
    },
  );

  it('have from 8 characters to 32 kB, counted in UTF-8', async () => {
    const most = 'ä'.repeat(16_384);
    expect(codeOf(await save({ name: 'A'.repeat(64), value: most }))).toBeNull();
    const answer = await save({ name: 'B', value: `${most}x` });
    expect(codeOf(answer)).toBe('invalid_input');
    expect(JSON.stringify(answer)).not.toContain('ää');
    for (const value of ['', '8080', ' 1234567\n'])
      expect((await save({ name: 'B', value })).errors?.[0]?.message).toMatch(
        /value.*at least 8 characters: .*can be guessed/,
      );
    expect(await namesSeenBy(token)).toEqual(['A'.repeat(64)]);
  });
});

describe('the keys of the API', () => {
  it('are needed to store anything; which settings give them is said', async () => {
    const without = await startApi({ databaseUrl: held.url });
    try {
      const answer = await ask(without, saving, { token, variables: { input: { name: 'A', value } } });
      expect(codeOf(answer)).toBe('secrets_unavailable');
      expect(answer.errors?.[0]?.message).toMatch(/FERMATA_SECRET_KEYS .*FERMATA_SECRET_KEYS_FILE/);
      expect(await namesSeenBy(token)).toEqual([]);
    } finally {
      await without.stop();
    }
  });

  it.each([
    ['FERMATA_SECRET_KEYS', 'one:sk-pasted-into-the-wrong-place'],
    ['FERMATA_SECRET_KEYS_FILE', join(folder, 'sk-none.json')],
  ])('that cannot be used are refused at its start, which names %s', async (setting, given) => {
    const starting = startApi({ databaseUrl: held.url, env: { [setting]: given } });
    const error = await starting.then(() => new Error('it started'), String);
    expect(error).toContain(`${setting} `);
    expect(error).not.toContain('sk-pasted');
  });
});
