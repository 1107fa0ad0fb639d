import { DomainError } from '@fermata/contracts';
import pg from 'pg';
import { probeNamespace } from './temporal/probe-namespace.js';

/**
 * @throws DomainError `unavailable` when the database of DATABASE_URL cannot be used; the password is not in the message
 */
export async function checkGivenPostgres(databaseUrl: string): Promise<void> {
  const shown = withoutPassword(databaseUrl);
  try {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
    } finally {
      await client.end().catch(() => undefined);
    }
  } catch (error) {
    const reason = error instanceof Error && error.message !== '' ? error.message : 'no answer';
    throw new DomainError(
      'unavailable',
      `The database of DATABASE_URL (${shown}) cannot be used: ${reason}. Put it right, or unset DATABASE_URL to use the embedded Postgres.`,
      { databaseUrl: shown },
      { cause: error },
    );
  }
}

/**
 * @throws DomainError `unavailable` when the server of TEMPORAL_ADDRESS does not answer, `not_found` when it has not the namespace
 */
export async function checkGivenTemporal(address: string, namespace: string): Promise<void> {
  const probe = await probeNamespace(address, namespace, 5_000);
  if (probe === 'registered') return;
  if (probe === 'not_found') {
    throw new DomainError(
      'not_found',
      `The Temporal server at ${address} has no namespace ${namespace}. Make it: \`temporal operator namespace create --address ${address} --namespace ${namespace}\`.`,
      { address, namespace },
    );
  }
  const reason = probe === 'refused' ? 'refused the question' : 'does not answer';
  throw new DomainError(
    'unavailable',
    `The Temporal server at ${address} (TEMPORAL_ADDRESS) ${reason}. Start it or correct the address, or unset TEMPORAL_ADDRESS to use the embedded one.`,
    { address },
  );
}

function withoutPassword(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl);
    url.password = '';
    return url.href;
  } catch {
    return 'not a URL';
  }
}
