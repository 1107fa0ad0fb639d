import { DomainError } from '@fermata/contracts';
import { keyFileSetting, newKey, readKeyFile, replaceKeyFile } from './key-file.js';
import { checkKeys, parseKeyList, type SecretKeys } from './secret-key.js';

const keysSetting = 'FERMATA_SECRET_KEYS';

/** Where the keys of an installation are given; the list wins. */
export interface KeyPlaces {
  /** `id:base64[,id:base64…]`, the first encrypts. */
  list?: string | undefined;
  file?: string | undefined;
}

/** The keys of an installation, as they are now: another process may change the file. */
export interface SecretKeyRing {
  /** @throws DomainError `secrets_unavailable` when none were given, `invalid_input` for a file that was spoiled meanwhile */
  read(): SecretKeys;
  /** Null where the keys are not in a file of ours to write. Only under the lock of `rotateSecrets`. */
  write: ((keys: SecretKeys) => void) | null;
}

/**
 * Opens the key ring of an installation.
 * @throws DomainError `invalid_input` for keys that cannot be used, naming the setting and no key
 */
export function openKeyRing({ list, file }: KeyPlaces): SecretKeyRing {
  if (list) {
    const keys = checkKeys(parseKeyList(list), keysSetting);
    return { read: () => keys, write: null };
  }
  if (!file) return { read: noKeys, write: null };
  readKeyFile(file);
  return { read: () => readKeyFile(file), write: (keys) => replaceKeyFile(file, keys) };
}

function noKeys(): never {
  throw new DomainError(
    'secrets_unavailable',
    `Secrets cannot be stored or read here: there is no key to encrypt them with. Give ${keysSetting} (id:base64 of 32 random bytes) or ${keyFileSetting} to the API and every worker, and start them again.`,
    { settings: [keysSetting, keyFileSetting] },
  );
}

/** The same keys after a new one, which encrypts from now on. */
export const withNewKey = (keys: SecretKeys): SecretKeys => [newKey(), ...keys];
