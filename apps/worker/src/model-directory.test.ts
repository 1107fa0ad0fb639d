import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadWorkerConfig } from './config.js';
import { catalogueOf, createModelDirectory, providerSettings } from './model-directory.js';

const home = mkdtempSync(join(tmpdir(), 'fermata-directory-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const configWith = (env: Record<string, string>) =>
  loadWorkerConfig({
    ...{ DATABASE_URL: 'postgresql://u:p@h/d', FERMATA_DATA_DIR: '/srv/fermata', FERMATA_HOME: home },
    ...env,
  });

function write(name: string, models: unknown): string {
  writeFileSync(join(home, name), JSON.stringify({ models }));
  return join(home, name);
}

describe('the models of a worker', () => {
  it('are those of models.json in its home too, whose prices are what calls are booked with', async () => {
    const price = { input: 0.5, output: 2 };
    const own = { provider: 'openai', contextWindow: 64_000, maxOutputTokens: 8_000, price };
    write('models.json', [
      { name: 'own-model', ...own },
      { name: 'gpt-5', price },
    ]);
    const config = configWith({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
    const settings = providerSettings(config, catalogueOf(config));
    const directory = createModelDirectory(async () => settings);
    const named = (name: string) => directory(name, 'wsp_1');
    expect(await named('own-model')).toMatchObject({
      facts: { price: { inputPerMillion: 500_000 } },
      upstream: { provider: 'openai', host: '127.0.0.1:9', model: 'own-model' },
    });
    expect(await named('gpt-5-2025-08-07')).toMatchObject({
      ...{ name: 'gpt-5-2025-08-07', upstream: { model: 'gpt-5' } },
      facts: { price: { outputPerMillion: 2_000_000 }, contextWindow: 400_000 },
    });
    await expect(named('nobody')).rejects.toThrow(/"nobody".*models\.json.*own-model/);
  });

  it('keep their clients for as long as the key is the same', async () => {
    let settings = { openaiApiKey: 'one' };
    const directory = createModelDirectory(async () => settings);
    const first = await directory('gpt-5', 'wsp_1');
    expect(await directory('gpt-5', 'wsp_1')).toBe(first);
    settings = { openaiApiKey: 'two' };
    expect((await directory('gpt-5', 'wsp_1')).client).not.toBe(first.client);
  });

  it('are refused whole when the file cannot be used', () => {
    const file = write('bad.json', [{ name: 'half' }]);
    expect(() => catalogueOf(configWith({ FERMATA_MODELS_FILE: file }))).toThrow(/bad\.json.*\(half\)/);
    expect(() => catalogueOf(configWith({ FERMATA_MODELS_FILE: join(home, 'none.json') }))).toThrow(/no such file/);
  });
});
