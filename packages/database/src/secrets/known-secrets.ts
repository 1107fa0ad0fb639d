import { isDomainError } from '@fermata/contracts';
import type { KnownSecret } from '@fermata/contracts/redaction';
import type { Database } from '../client.js';
import type { SecretCipher } from './secret-cipher.js';

/** What marks say of a secret where there are several workspaces: one does not read what another calls its own. */
const nameAmongMany = 'stored secret';

/** The secrets of every workspace, as something that must be kept from being written down. */
export interface KnownSecrets {
  /** Changes whenever a secret is saved or removed, or kept with another key, and with the number of workspaces. */
  version: string;
  secrets: readonly KnownSecret[];
}

/**
 * Reads them when they have changed since `version`; null when they have not. One that cannot be opened, because its key is
 * not here, is nothing that this process could give away.
 * @throws DomainError `invalid_input` for keys that cannot be read now
 */
export async function readKnownSecrets(
  database: Database,
  cipher: SecretCipher,
  version: string | null,
): Promise<KnownSecrets | null> {
  // A nonce is new each time: the clocks of those who save may differ.
  const [now] = await database.$queryRaw<{ version: string; workspaces: number }[]>`
    SELECT "workspaces", md5("workspaces" || ' ' || (
      SELECT coalesce(string_agg("id" || encode("nonce", 'hex'), ' ' ORDER BY "id"), '') FROM "secret"
    )) AS "version" FROM (SELECT count(*)::int AS "workspaces" FROM "workspace") AS "counted"`;
  if (now === undefined || now.version === version) return null;
  const rows = await database.secret.findMany();
  const isOfOne = now.workspaces === 1 && new Set(rows.map(({ workspaceId }) => workspaceId)).size < 2;
  const secrets = rows.flatMap(({ name, workspaceId, ...sealed }) => {
    const value = openOrNull(cipher, { workspaceId, name }, sealed);
    return value === null ? [] : [{ name: isOfOne ? name : nameAmongMany, value }];
  });
  return { version: now.version, secrets };
}

function openOrNull(cipher: SecretCipher, ...sealed: Parameters<SecretCipher['open']>): string | null {
  try {
    return cipher.open(...sealed);
  } catch (error) {
    if (isDomainError(error) && error.code === 'secrets_unavailable') return null;
    throw error;
  }
}
