import { isDomainError } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { loadWorkerConfig } from './config.js';

const enough = { DATABASE_URL: 'postgresql://u:hidden@h/d', FERMATA_DATA_DIR: '/srv/fermata' };

describe("the worker's settings", () => {
  it('need only a database and a data directory', () => {
    expect(loadWorkerConfig(enough)).toMatchObject({ ...enough, FERMATA_SWEEP_INTERVAL_MS: 60_000 });
    expect(Object.isFrozen(loadWorkerConfig(enough))).toBe(true);
  });

  it('take an empty key for none', () => {
    expect(loadWorkerConfig({ ...enough, ANTHROPIC_API_KEY: ' ', OPENAI_API_KEY: '' })).toMatchObject({
      OPENAI_API_KEY: undefined,
    });
  });

  it('that are wrong are all named, and no value is shown', () => {
    const wrong = {
      ...{ ANTHROPIC_API_KEY: 'sk-hidden', FERMATA_WORKER_PORT: 'hidden-port', LOG_LEVEL: 'hidden-level' },
      ...{ DATABASE_URL: '' },
    };
    let said = '';
    try {
      loadWorkerConfig(wrong);
    } catch (error) {
      if (!isDomainError(error)) throw error;
      said = `${error.message} ${JSON.stringify(error.details)}`;
    }
    for (const key of ['DATABASE_URL', 'FERMATA_DATA_DIR', 'FERMATA_WORKER_PORT', 'LOG_LEVEL'])
      expect(said).toContain(key);
    expect(said).not.toContain('hidden');
  });
});
