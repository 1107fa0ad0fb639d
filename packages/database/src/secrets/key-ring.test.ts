import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureKeyFile } from './key-file.js';
import { openKeyRing, withNewKey } from './key-ring.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-keys-'));
  file = join(folder, 'secret-keys.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const good = randomBytes(32).toString('base64');
const idsOf = (ring: ReturnType<typeof openKeyRing>) => ring.read().map(({ id }) => id);

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    // With everything that a log would show.
    return inspect(error, { depth: 9 });
  }
  throw new Error('it was taken');
}

describe('the keys of FERMATA_SECRET_KEYS', () => {
  it('are in their order, and win over a file', () => {
    const ring = openKeyRing({ list: `new:${good}, old:${randomBytes(32).toString('base64')}`, file });
    expect(idsOf(ring)).toEqual(['new', 'old']);
    expect(ring.write).toBeNull();
    expect(ring.read()[0].bytes).toEqual(Buffer.from(good, 'base64'));
  });

  const short = randomBytes(31).toString('base64');
  const long = randomBytes(33).toString('base64');
  it.each<[string, { list: string; hidden: string; why: RegExp }]>([
    ['a key that is too short', { list: `one:${short}`, hidden: short, why: /key 1 is not 32 bytes in base64/ }],
    ['a key that is too long', { list: `one:${good},two:${long}`, hidden: long, why: /key 2 is not 32 bytes/ }],
    ['a key without an id', { list: good, hidden: good, why: /key 1 has no id/ }],
    ['an id that is a key', { list: `${good}:one`, hidden: good, why: /key 1 has no id.*key 1 is not 32 bytes/ }],
    ['two keys of one id', { list: `one:${good},one:${good}`, hidden: good, why: /two keys have the same id/ }],
    ['text in another alphabet', { list: `one:${'-'.repeat(43)}`, hidden: '---', why: /key 1 is not 32 bytes/ }],
    ['an end without a key', { list: `one:${good},`, hidden: good, why: /key 2 has no id/ }],
  ])('are refused with %s, which is not shown', (_, { list, hidden, why }) => {
    const said = refusal(() => openKeyRing({ list }));
    expect(said).toMatch(why);
    expect(said).toContain('FERMATA_SECRET_KEYS');
    expect(said).toContain("code: 'invalid_input'");
    expect(said).not.toContain(hidden);
  });
});

describe('the file of keys', () => {
  it('is made once, with one key, for its owner alone', () => {
    ensureKeyFile(file);
    const before = readFileSync(file, 'utf8');
    ensureKeyFile(file);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openKeyRing({ file }).read()).toMatchObject([{ bytes: expect.objectContaining({ length: 32 }) as unknown }]);
    expect(readdirSync(folder)).toEqual(['secret-keys.json']);
  });

  it('is read as it is now, so that a process sees what another has changed', () => {
    ensureKeyFile(file);
    const [mine, theirs] = [openKeyRing({ file }), openKeyRing({ file })];
    const [first] = idsOf(mine);
    theirs.write?.(withNewKey(theirs.read()));
    expect(idsOf(mine)).toHaveLength(2);
    expect(idsOf(mine)[1]).toBe(first);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('that is a link stays one', () => {
    ensureKeyFile(file);
    const link = join(folder, 'link.json');
    symlinkSync(file, link);
    const ring = openKeyRing({ file: link });
    ring.write?.(withNewKey(ring.read()));
    expect(idsOf(openKeyRing({ file }))).toHaveLength(2);
  });

  it.each([
    ['no JSON', `{ "keys": [{ "id": "a", "key": "${good}" }`],
    ['a list', JSON.stringify([{ id: 'a', key: good }])],
    ['a key that is no text', JSON.stringify({ keys: [{ id: 'a', key: [good] }] })],
    ['an entry that is nothing', JSON.stringify({ keys: [null, { id: 'a', key: good }] })],
    ['no key', JSON.stringify({ keys: [] })],
    ['a key cut short', JSON.stringify({ keys: [{ id: 'a', key: good.slice(0, -9) }] })],
  ])('is refused when it has %s, naming the setting and showing nothing', (_, text) => {
    writeFileSync(file, text);
    const said = refusal(() => openKeyRing({ file }));
    expect(said).toContain('FERMATA_SECRET_KEYS_FILE');
    expect(said).toContain(file);
    expect(said).not.toContain(good.slice(0, 8));
  });

  it('is refused when it is not there', () => {
    expect(refusal(() => openKeyRing({ file }))).toMatch(/FERMATA_SECRET_KEYS_FILE .*cannot be read \(ENOENT\)/);
  });

  it('that cannot be written stays as it is, and says which way there is', () => {
    ensureKeyFile(file);
    const before = readFileSync(file, 'utf8');
    const ring = openKeyRing({ file });
    const keys = ring.read();
    rmSync(file);
    expect(refusal(() => ring.write?.(keys))).toMatch(/ENOENT.*FERMATA_SECRET_KEYS/s);
    chmodSync(folder, 0o700);
    writeFileSync(file, before);
    expect(readdirSync(folder)).toEqual(['secret-keys.json']);
  });
});

it('without any keys nothing is stored, and both settings are named', () => {
  const ring = openKeyRing({});
  expect(refusal(() => ring.read())).toMatch(/FERMATA_SECRET_KEYS .*FERMATA_SECRET_KEYS_FILE.*secrets_unavailable/s);
});
