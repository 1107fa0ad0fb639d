import { createRedactor } from '@fermata/contracts/redaction';
import { afterEach, describe, expect, it } from 'vitest';
import { installRedactor, jsonWithoutKnownSecrets, redactedJson, storable, storableText } from './storable.js';

afterEach(() => installRedactor(null));

describe('storable', () => {
  it('replaces what Postgres cannot hold and nothing else', () => {
    expect(storableText('a\0b \ud834 \udd1e 𝄐 é')).toBe('a\uFFFDb \uFFFD \uFFFD 𝄐 é');
  });

  it('reaches into arrays, members and keys', () => {
    expect(storable({ list: ['\0', { 'k\0': '\ud800' }], n: 1, none: null })).toEqual({
      list: ['\uFFFD', { 'k\uFFFD': '\uFFFD' }],
      n: 1,
      none: null,
    });
  });

  it('leaves dates, buffers and undefined members as they are', () => {
    const value = { at: new Date(0), bytes: new Uint8Array([0]), big: 1n, nothing: undefined };
    const result = storable(value);
    expect(result).toEqual(value);
    expect(result.at).toBe(value.at);
    expect('nothing' in result).toBe(true);
  });
});

describe('a JSON text', () => {
  const pin = '48151623';
  const key = '-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj';

  it.each([
    ['a number that a secret is', `{"usage":{"tokens":${pin}},"text":"it is ${pin}"}`, 'it is [redacted: PIN]'],
    ['a key that never ends', `{"text":"${key}","ok":true}`, ''],
  ])('with %s stays one, and its strings are redacted', (_what, text, shown) => {
    installRedactor(createRedactor([{ name: 'PIN', value: pin }]));
    const stored = redactedJson(text);
    const { text: said, usage } = JSON.parse(stored) as { text: string; usage?: { tokens: number } };
    expect(said).toContain(shown);
    expect(said).toContain('[redacted');
    expect(usage?.tokens ?? Number(pin)).toBe(Number(pin));
    expect(redactedJson(stored)).toBe(stored);
  });

  it('without its known secrets stays one, too, and keeps what only looks like a token', () => {
    installRedactor(createRedactor([{ name: 'PIN', value: pin }]));
    const token = 'AKIAIOSFODNN7EXAMPLE';
    const sealed = jsonWithoutKnownSecrets(`{"port":${pin},"text":"${token} ${pin}"}`);
    expect(JSON.parse(sealed)).toEqual({ port: Number(pin), text: `${token} [redacted: PIN]` });
  });

  it('has no secret in it that stands in its strings in another way than in itself', () => {
    const quoted = 'ab"cd"ef\\gh12';
    const long = `a long secret of 77 characters at least, ${'which base64 breaks, '.repeat(3)}ends here`;
    installRedactor(
      createRedactor([
        { name: 'A', value: quoted },
        { name: 'B', value: long },
      ]),
    );
    const lines = Buffer.from(long)
      .toString('base64')
      .replace(/.{76}(?=.)/g, '$&\n');
    const file = JSON.stringify({ key: quoted });
    const stored = redactedJson(JSON.stringify({ input: { file, command: `base64 -d <<X\n${lines}\nX` } }));
    const { input } = JSON.parse(stored) as { input: { file: string; command: string } };
    expect(input.file).toBe('{"key":"[redacted: A]"}');
    expect(input.command).toMatch(/^base64 -d <<X\n\[redacted: B\].{0,4}\nX$/);
    expect(redactedJson(stored)).toBe(stored);
  });

  it('loses no member to what looks like a secret that goes on in the next one', () => {
    installRedactor(createRedactor([{ name: 'PIN', value: pin }]));
    const text =
      '{"pattern":"-----BEGIN PRIVATE KEY-----","path":"packages/contracts/src/12345678901234567890","msg":"it"}';
    expect(JSON.parse(redactedJson(text))).toMatchObject({
      path: 'packages/contracts/src/12345678901234567890',
      msg: 'it',
    });
  });

  it('is refused when it is nested too deeply', () => {
    installRedactor(createRedactor([{ name: 'PIN', value: pin }]));
    const text = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(() => redactedJson(text)).toThrow(/nested too deeply/);
  });

  it('in which nothing is to be taken out is the same text', () => {
    installRedactor(createRedactor([{ name: 'PIN', value: pin }]));
    const text = '{ "a" : 1.50,\n"b": [ "x" ] }';
    expect(redactedJson(text)).toBe(text);
  });

  it('that is none is redacted as any text', () => {
    installRedactor(createRedactor([{ name: 'PIN', value: pin }]));
    expect(redactedJson(`{"broken: ${pin}`)).toBe('{"broken: [redacted: PIN]');
  });
});
