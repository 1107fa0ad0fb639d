import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DomainError } from '@fermata/contracts';
import type { SecretKeyRing } from './key-ring.js';

/** Which secret a value is. */
export interface SecretPlace {
  workspaceId: string;
  name: string;
}

/** A value as its row has it. */
export interface SealedValue {
  keyId: string;
  nonce: Uint8Array<ArrayBuffer>;
  /** The authentication tag is its end. */
  ciphertext: Uint8Array<ArrayBuffer>;
}

export interface SecretCipher {
  /** The id of the key that encrypts now. @throws DomainError `secrets_unavailable` */
  currentKeyId(): string;
  /** @throws DomainError `secrets_unavailable` */
  seal(place: SecretPlace, value: string): SealedValue;
  /** @throws DomainError `secrets_unavailable` for another key, another place, or bytes that were changed */
  open(place: SecretPlace, sealed: SealedValue): string;
}

const algorithm = 'aes-256-gcm';
/** NIST SP 800-38D: 96 bits is the length GCM is made for; random ones are safe for 2^32 values of one key. */
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts with the first key of the ring and decrypts with all of them: AES-256-GCM, authenticated together with
 * workspace, name and key id, so that a row copied to another place does not open.
 */
export function createSecretCipher(keyRing: Pick<SecretKeyRing, 'read'>): SecretCipher {
  return {
    currentKeyId: () => keyRing.read()[0].id,

    seal(place, value) {
      const [{ id: keyId, bytes }] = keyRing.read();
      const nonce = Uint8Array.from(randomBytes(nonceBytes));
      const cipher = createCipheriv(algorithm, bytes, nonce, { authTagLength: tagBytes });
      cipher.setAAD(boundTo(place, keyId));
      const parts = [cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return { keyId, nonce, ciphertext: Uint8Array.from(Buffer.concat(parts)) };
    },

    open(place, { keyId, nonce, ciphertext }) {
      const key = keyRing.read().find(({ id }) => id === keyId);
      if (key === undefined) throw unreadable(place, `its key ${keyId} is not among those given here`);
      const end = ciphertext.length - tagBytes;
      if (end < 0 || nonce.length !== nonceBytes) throw unreadable(place, 'its row was changed');
      try {
        const decipher = createDecipheriv(algorithm, key.bytes, nonce, { authTagLength: tagBytes });
        decipher.setAAD(boundTo(place, keyId)).setAuthTag(ciphertext.subarray(end));
        return Buffer.concat([decipher.update(ciphertext.subarray(0, end)), decipher.final()]).toString('utf8');
      } catch {
        throw unreadable(place, `it was not encrypted as this with the key ${keyId}`);
      }
    },
  };
}

/** JSON keeps the three apart: no two places have the same text. */
const boundTo = ({ workspaceId, name }: SecretPlace, keyId: string): Buffer =>
  Buffer.from(JSON.stringify([workspaceId, name, keyId]), 'utf8');

function unreadable({ name }: SecretPlace, why: string): DomainError {
  return new DomainError(
    'secrets_unavailable',
    `The secret ${name} cannot be read: ${why}. Give back the key (FERMATA_SECRET_KEYS or FERMATA_SECRET_KEYS_FILE), or set the secret again.`,
    { name },
  );
}
