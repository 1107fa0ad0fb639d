import { shortestSecretPart } from '@fermata/contracts/redaction';
import { Inject, Injectable } from '@nestjs/common';
import {
  createSecretCipher,
  createSecretRepository,
  type Database,
  rotateSecrets,
  type SecretKeyRing,
} from '@fermata/database';
import { z } from 'zod';
import { type Caller, requireRole } from '../common/caller.js';
import { parseInput } from '../common/parse-input.js';
import { databaseToken, keyRingToken } from '../common/tokens.js';
import type { RemoveSecretInput, SaveSecretInput } from './secret.input.js';

const maxBytes = 32 * 1024;

const nameSchema = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be capital letters, digits and "_", a letter first, at most 64');

const saveSchema = z.object({
  name: nameSchema,
  value: z
    .string()
    .refine(
      (value) => value.trim().length >= shortestSecretPart,
      `must have at least ${shortestSecretPart} characters: what is shorter can be guessed, and could not be kept out of texts`,
    )
    .refine((value) => Buffer.byteLength(value, 'utf8') <= maxBytes, `must be at most ${maxBytes} bytes`),
});

const removeSchema = z.object({ name: nameSchema });

@Injectable()
export class SecretService {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    @Inject(keyRingToken) private readonly keyRing: SecretKeyRing,
  ) {}

  async save(caller: Caller, input: SaveSecretInput) {
    requireRole(caller, 'admin');
    const { name, value } = parseInput(saveSchema, input);
    return { secret: await this.secretsOf(caller).save({ name, value }, { savedBy: caller.principalId }) };
  }

  async remove(caller: Caller, input: RemoveSecretInput) {
    requireRole(caller, 'admin');
    const { name } = parseInput(removeSchema, input);
    return { secret: await this.secretsOf(caller).remove(name, { removedBy: caller.principalId }) };
  }

  async rotate(caller: Caller) {
    requireRole(caller, 'admin');
    return rotateSecrets(this.database, caller, this.keyRing);
  }

  async list(caller: Caller) {
    requireRole(caller, 'admin');
    return this.secretsOf(caller).list();
  }

  private secretsOf({ workspaceId }: Caller) {
    return createSecretRepository(this.database, workspaceId, createSecretCipher(this.keyRing));
  }
}
