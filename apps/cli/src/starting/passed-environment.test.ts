import { describe, expect, it } from 'vitest';
import { modelSetUp } from './model-set-up.js';
import { passedEnvironment } from './passed-environment.js';

describe('the environment of API and worker', () => {
  it('has provider keys, settings and what tools need, and nothing else of ours', () => {
    const passed = passedEnvironment(
      {
        ...{
          PATH: '/bin',
          HOME: '/home/a',
          ANTHROPIC_API_KEY: 'k',
          OTEL_EXPORTER_OTLP_ENDPOINT: 'e',
          LOG_LEVEL: 'warn',
        },
        ...{ FERMATA_SWEEP_INTERVAL_MS: '1', FERMATA_TOKEN: 't', FERMATA_URL: 'u', FERMATA_HOME: 'h' },
        ...{ AWS_SECRET_ACCESS_KEY: 's', GITHUB_TOKEN: 'g', NODE_OPTIONS: '--inspect', GOPATH: '/go' },
      },
      'gpt-5',
    );
    expect(Object.keys(passed).sort()).toEqual(
      [
        ...['ANTHROPIC_API_KEY', 'FERMATA_MODEL', 'FERMATA_SWEEP_INTERVAL_MS', 'GOPATH', 'HOME', 'LOG_LEVEL'],
        ...['OTEL_EXPORTER_OTLP_ENDPOINT', 'PATH'],
      ].sort(),
    );
    expect(passed['FERMATA_MODEL']).toBe('gpt-5');
  });
});

describe('the model set-up', () => {
  it('names what is set, and takes an address for enough for the scripted model alone', () => {
    expect(modelSetUp({ OPENAI_API_KEY: ' ' }).found).toEqual([]);
    expect(modelSetUp({ OPENAI_API_KEY: 'k' }).found).toEqual(['OPENAI_API_KEY']);
    expect(modelSetUp({ ANTHROPIC_BASE_URL: 'u' }).found).toEqual([]);
    expect(modelSetUp({ ANTHROPIC_BASE_URL: 'u', FERMATA_MODEL: 'scripted' }).found).toEqual(['ANTHROPIC_BASE_URL']);
  });
});
