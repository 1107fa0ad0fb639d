import { describe, expect, it } from 'vitest';
import { readConfig } from './config.js';

const least = { DATABASE_URL: 'postgresql://u:secret@h:1/d', TEMPORAL_ADDRESS: 'localhost:7233' };

describe('the configuration', () => {
  it('needs two keys and has a default for every other', () => {
    expect(readConfig(least)).toMatchObject({
      ...{ temporalNamespace: 'fermata', host: '127.0.0.1', port: 0, logLevel: 'info', maxDepth: 12, maxCost: 5_000 },
    });
    expect(Object.isFrozen(readConfig(least))).toBe(true);
  });

  it('takes an empty variable for one that nobody set', () => {
    expect(readConfig({ ...least, FERMATA_API_PORT: '', LOG_LEVEL: '' })).toMatchObject({ port: 0, logLevel: 'info' });
  });

  it('names everything that is wrong at once, and no value', () => {
    const wrong = { DATABASE_URL: 'mysql://u:secret@h/d', FERMATA_API_PORT: '70000', LOG_LEVEL: 'loud' };
    expect(() => readConfig(wrong)).toThrow(/DATABASE_URL.*TEMPORAL_ADDRESS.*FERMATA_API_PORT.*LOG_LEVEL/);
    expect(() => readConfig(wrong)).not.toThrow(/secret|70000|loud/);
  });
});
