import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { checkKeys, type GivenKey, keyBytes, type SecretKey, type SecretKeys } from './secret-key.js';

export const keyFileSetting = 'FERMATA_SECRET_KEYS_FILE';

/** `{ "keys": [{ "id": "…", "key": "…" }, …] }`, the first encrypts. */
interface KeyFile {
  keys: GivenKey[];
}

/**
 * Reads a file of keys.
 * @throws DomainError `invalid_input`, naming the setting and never what is in the file
 */
export function readKeyFile(path: string): SecretKeys {
  const { keys } = parse(readText(path), path);
  return checkKeys(keys, `${keyFileSetting} (${path})`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(path, `it cannot be read (${codeOf(error)})`);
  }
}

// The error of a parser quotes what it parsed: it is dropped.
function parse(text: string, path: string): KeyFile {
  try {
    const file = JSON.parse(text) as Partial<KeyFile> | null;
    const isKey = (one: Partial<GivenKey> | null) => typeof one?.id === 'string' && typeof one.key === 'string';
    if (Array.isArray(file?.keys) && file.keys.every(isKey)) return { keys: file.keys };
  } catch {
    throw refused(path, 'it is no JSON');
  }
  throw refused(path, 'it is not { "keys": [{ "id", "key" }, …] }');
}

const refused = (path: string, why: string) =>
  new DomainError('invalid_input', `${keyFileSetting} (${path}) cannot be used: ${why}.`, { setting: keyFileSetting });

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';

/** A new random key. */
export function newKey(): SecretKey {
  return { id: randomBytes(6).toString('hex'), bytes: randomBytes(keyBytes) };
}

/**
 * Makes the file with one key when there is none, mode 0600. Two at once make one.
 * @throws DomainError `secrets_unavailable` when it cannot be written
 */
export function ensureKeyFile(path: string): void {
  // A link is refused where the name is taken, so that a file that is there is never replaced.
  writing(path, () => publish(path, [newKey()], (draft) => linkSync(draft, path)), ['EEXIST']);
}

/**
 * Puts other keys into the file. They are on the disk when this returns: rows that only they can open may follow.
 * @throws DomainError `secrets_unavailable` when it cannot be written; it is then as it was
 */
export function replaceKeyFile(path: string, keys: SecretKeys): void {
  writing(path, () => {
    const target = realpathSync(path);
    publish(target, keys, (draft) => renameSync(draft, target));
  });
}

function publish(path: string, keys: readonly SecretKey[], put: (draft: string) => void): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file: KeyFile = { keys: keys.map(({ id, bytes }) => ({ id, key: bytes.toString('base64') })) };
  try {
    synced(draft, 'wx', (fd) => writeSync(fd, `${JSON.stringify(file, null, 2)}\n`));
    put(draft);
    synced(dirname(path), 'r');
  } finally {
    rmSync(draft, { force: true });
  }
}

function synced(path: string, flags: 'wx' | 'r', write: (fd: number) => void = () => undefined): void {
  const fd = openSync(path, flags, 0o600);
  try {
    write(fd);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writing(path: string, write: () => void, harmless: readonly string[] = []): void {
  try {
    write();
  } catch (error) {
    if (harmless.includes(codeOf(error))) return;
    throw new DomainError(
      'secrets_unavailable',
      `The keys in ${path} (${keyFileSetting}) cannot be written: ${codeOf(error)}. Let this user write the file and its folder, or give the keys in FERMATA_SECRET_KEYS.`,
      { setting: keyFileSetting },
    );
  }
}
