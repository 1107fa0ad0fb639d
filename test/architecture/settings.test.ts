import { describe, expect, it } from 'vitest';
import { configSchema, readConfig, readSetupConfig, setupSchema } from '../../apps/api/src/config.js';
import { loadWorkerConfig, workerConfigKeys } from '../../apps/worker/src/config.js';
import { asEnvironment, interpolatedIn, settingsIn } from './settings.js';
import { readText } from './source-tree.js';

const settings = settingsIn(readText('.env.example'));
const keysOfPrograms = new Set([
  ...Object.keys(configSchema.shape),
  ...Object.keys(setupSchema.shape),
  ...workerConfigKeys,
]);
const filledIn = interpolatedIn(readText('docker-compose.yml'));

describe('.env.example', () => {
  it('names every key of the API, the worker and docker-compose.yml once, and no other', () => {
    const expected = new Set([...keysOfPrograms, ...filledIn.keys()]);
    expect(settings.map(({ key }) => key).sort()).toEqual([...expected].sort());
  });

  it('can be used as it stands', () => {
    const environment = asEnvironment(settings.filter(({ commented }) => !commented));
    expect(readConfig(environment).databaseUrl).toBe(environment['DATABASE_URL']);
    expect(readSetupConfig(environment).tokenFile).toBe(environment['FERMATA_TOKEN_FILE']);
    expect(loadWorkerConfig(environment).FERMATA_DATA_DIR).toBe(environment['FERMATA_DATA_DIR']);
  });

  it('shows the true defaults', () => {
    const given = asEnvironment(settings.filter(({ commented }) => !commented));
    const shown = asEnvironment(settings.filter(({ value }) => value !== ''));
    expect(readConfig({ ...given, ...shown })).toEqual(readConfig(given));
    expect(loadWorkerConfig({ ...given, ...shown })).toEqual(loadWorkerConfig(given));
    for (const [name, fallback] of filledIn) {
      if (fallback !== undefined) expect({ name, value: shown[name] }).toEqual({ name, value: fallback });
    }
  });
});

describe('the reading of settings', () => {
  it('tells settings from prose', () => {
    const text = '# 1: end when X=1 is set.\n# A_KEY=1\nB=\n#C=2\n# lower=3\n';
    expect(settingsIn(text)).toEqual([
      { key: 'A_KEY', value: '1', commented: true },
      { key: 'B', value: '', commented: false },
    ]);
  });

  it('finds what docker compose fills in, and leaves shell variables alone', () => {
    const text = '${A} ${B:-2} ${C:?why} $${D} $E';
    expect([...interpolatedIn(text)]).toEqual([
      ['A', undefined],
      ['B', '2'],
      ['C', undefined],
    ]);
  });
});
