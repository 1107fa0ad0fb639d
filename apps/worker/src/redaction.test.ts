import { installRedactor, redacted } from '@fermata/database';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkerConfig } from './config.js';
import { installRedaction, redactedLines } from './redaction.js';

afterEach(() => installRedactor(null));

const config = (over: Partial<WorkerConfig>): WorkerConfig =>
  ({ DATABASE_URL: 'postgresql://fermata:p%40ss-1234@127.0.0.1:5432/fermata', ...over }) as WorkerConfig;

describe('what a worker writes down', () => {
  it('has neither its own keys in it, nor those that are stored', () => {
    installRedaction(config({ OPENAI_API_KEY: 'own-key-0001' }), [{ name: 'DEPLOY_KEY', value: 'kept-0002-kept' }]);
    const line = '{"msg":"own-key-0001 and kept-0002-kept at p@ss-1234"}\n';
    expect(redactedLines.streamWrite(line)).toBe(
      '{"msg":"[redacted: OPENAI_API_KEY] and [redacted: DEPLOY_KEY] at [redacted: DATABASE_PASSWORD]"}\n',
    );
  });

  it('has none in it that stands in a string of a line in another way', () => {
    const value = `${'a long secret that base64 breaks into lines, '.repeat(2)}ends`;
    installRedaction(config({}), [{ name: 'LONG', value }]);
    const lines = Buffer.from(value)
      .toString('base64')
      .replace(/.{76}(?=.)/g, '$&\n');
    const line = redactedLines.streamWrite(`${JSON.stringify({ msg: lines })}\n`);
    expect(line).toMatch(/^\{"msg":"\[redacted: LONG\].{0,4}"\}\n$/);
    expect(redactedLines.streamWrite('no JSON\n')).toBe('no JSON\n');
  });

  it('keeps its words, though somebody takes one of them for a key or stores it', () => {
    installRedaction(config({ ANTHROPIC_API_KEY: 'scripted' }), [
      { name: 'ROLE', value: 'workspace' },
      { name: 'PHRASE', value: 'correct-horse-battery-staple' },
    ]);
    expect(redacted('the scripted model of the workspace: correct-horse-battery-staple')).toBe(
      'the scripted model of the workspace: [redacted: PHRASE]',
    );
  });
});
