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
  it('are those of models.json in its home too, whose prices are what calls are booked with', () => {
    const price = { input: 0.5, output: 2 };
    const own = { provider: 'openai', contextWindow: 64_000, maxOutputTokens: 8_000, price };
    write('models.json', [
      { name: 'own-model', ...own },
      { name: 'gpt-5', price },
    ]);
    const config = configWith({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
    const named = createModelDirectory(providerSettings(config, catalogueOf(config)));
    expect(named('own-model')).toMatchObject({
      facts: { price: { inputPerMillion: 500_000 } },
      upstream: { provider: 'openai', host: '127.0.0.1:9', model: 'own-model' },
    });
    expect(named('gpt-5-2025-08-07')).toMatchObject({
      ...{ name: 'gpt-5-2025-08-07', upstream: { model: 'gpt-5' } },
      facts: { price: { outputPerMillion: 2_000_000 }, contextWindow: 400_000 },
    });
    expect(() => named('nobody')).toThrow(/"nobody".*models\.json.*own-model/);
  });

  it('are refused whole when the file cannot be used', () => {
    const file = write('bad.json', [{ name: 'half' }]);
    expect(() => catalogueOf(configWith({ FERMATA_MODELS_FILE: file }))).toThrow(/bad\.json.*\(half\)/);
    expect(() => catalogueOf(configWith({ FERMATA_MODELS_FILE: join(home, 'none.json') }))).toThrow(/no such file/);
  });
});
