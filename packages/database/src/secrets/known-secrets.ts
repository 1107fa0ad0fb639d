import { isDomainError } from '@fermata/contracts';
import type { KnownSecret } from '@fermata/contracts/redaction';
import type { Database } from '../client.js';
import type { SecretCipher } from './secret-cipher.js';

/** What marks say of a secret where several workspaces have some: one does not read what another calls its own. */
const nameAmongMany = 'stored secret';

/** The secrets of every workspace, as something that must be kept from being written down. */
export interface KnownSecrets {
  /** Changes whenever a secret is saved or removed, or kept with another key. */
  version: string;
  secrets: readonly KnownSecret[];
}

/**
 * Reads them when they have changed since `version`; null when they have not. One that cannot be opened, because its key is
 * not here, is nothing that this process could give away.
 */
export async function readKnownSecrets(
  database: Database,
  cipher: SecretCipher,
  version: string | null,
): Promise<KnownSecrets | null> {
  const [now] = await database.$queryRaw<{ version: string }[]>`
    SELECT count(*) || ' ' || coalesce(max("updated_at")::text, '') || ' ' || coalesce(string_agg(DISTINCT "key_id", ' '), '') AS "version"
    FROM "secret"`;
  if (now === undefined || now.version === version) return null;
  const rows = await database.secret.findMany();
  const areOfOne = new Set(rows.map(({ workspaceId }) => workspaceId)).size === 1;
  const secrets = rows.flatMap(({ name, workspaceId, ...sealed }) => {
    const value = openOrNull(cipher, { workspaceId, name }, sealed);
    return value === null ? [] : [{ name: areOfOne ? name : nameAmongMany, value }];
  });
  return { version: now.version, secrets };
}

function openOrNull(cipher: SecretCipher, ...sealed: Parameters<SecretCipher['open']>): string | null {
  try {
    return cipher.open(...sealed);
  } catch (error) {
    if (isDomainError(error)) return null;
    throw error;
  }
}
