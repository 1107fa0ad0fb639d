import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openKeyRing } from './key-ring.js';
import { createSecretCipher, type SealedValue } from './secret-cipher.js';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const cipherOf = (...keys: string[]) => createSecretCipher(openKeyRing({ list: keys.join(',') }));
const place = { workspaceId: 'wsp_1', name: 'API_KEY' };
const unavailable = expect.objectContaining({ code: 'secrets_unavailable' }) as unknown;

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('a sealed value', () => {
  const one = key('one');
  const cipher = cipherOf(one);
  const value = 'sk-värt-att-gömma';

  it('opens again where it belongs, also when it is long or a single character', () => {
    for (const text of [value, 'x', 'x'.repeat(32_768)]) {
      expect(cipher.open(place, cipher.seal(place, text))).toBe(text);
    }
  });

  it('is another one each time, with a nonce of 96 bits, and shows nothing of the value', () => {
    const [first, second] = [cipher.seal(place, value), cipher.seal(place, value)];
    expect(first.nonce).toHaveLength(12);
    expect(Buffer.from(first.nonce).equals(second.nonce)).toBe(false);
    expect(first.ciphertext).toHaveLength(Buffer.byteLength(value) + 16);
    expect(Buffer.from(first.ciphertext).equals(second.ciphertext)).toBe(false);
    expect(Buffer.from(first.ciphertext).includes(value)).toBe(false);
  });

  it.each([
    ['another workspace', { ...place, workspaceId: 'wsp_2' }],
    ['another name', { ...place, name: 'OTHER' }],
    ['a place whose parts run into each other the same way', { workspaceId: 'wsp_1","API', name: 'KEY' }],
  ])('does not open in %s', (_, elsewhere) => {
    expect(thrownBy(() => cipher.open(elsewhere, cipher.seal(place, value)))).toEqual(unavailable);
  });

  const flip = (bytes: Uint8Array, at: number) =>
    Uint8Array.from(bytes, (byte, index) => byte ^ (index === at ? 1 : 0));
  it.each<[string, (sealed: SealedValue) => Partial<SealedValue>]>([
    ['tag', ({ ciphertext }) => ({ ciphertext: flip(ciphertext, ciphertext.length - 1) })],
    ['first byte', ({ ciphertext }) => ({ ciphertext: flip(ciphertext, 0) })],
    ['nonce', ({ nonce }) => ({ nonce: flip(nonce, 3) })],
    ['nonce, made shorter,', ({ nonce }) => ({ nonce: nonce.slice(0, 8) })],
    ['end, cut off,', ({ ciphertext }) => ({ ciphertext: ciphertext.slice(0, 8) })],
  ])('does not open when its %s was changed', (_, change) => {
    const sealed = cipher.seal(place, value);
    expect(thrownBy(() => cipher.open(place, { ...sealed, ...change(sealed) }))).toEqual(unavailable);
  });

  it('does not open with another key, nor with its own key under the id of another', () => {
    const sealed = cipher.seal(place, value);
    expect(thrownBy(() => cipherOf(key('one')).open(place, sealed))).toEqual(unavailable);
    expect(thrownBy(() => cipherOf(key('two')).open(place, sealed))).toEqual(unavailable);
    const renamed = cipherOf(one.replace('one:', 'two:'));
    expect(thrownBy(() => renamed.open(place, { ...sealed, keyId: 'two' }))).toEqual(unavailable);
  });

  it('opens with its old key when another one encrypts', () => {
    const rotated = cipherOf(key('two'), one);
    expect(rotated.open(place, cipher.seal(place, value))).toBe(value);
    const anew = rotated.seal(place, value);
    expect([rotated.currentKeyId(), anew.keyId]).toEqual(['two', 'two']);
    expect(thrownBy(() => cipher.open(place, anew))).toEqual(unavailable);
  });

  it('is told by its name alone when it does not open', () => {
    const error = thrownBy(() => cipherOf(key('two')).open(place, cipher.seal(place, value))) as Error;
    expect(error.message).toMatch(/^The secret API_KEY cannot be read: its key one .*FERMATA_SECRET_KEYS/);
    expect(error.cause).toBeUndefined();
  });
});
