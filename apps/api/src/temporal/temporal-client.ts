import { Client, Connection } from '@temporalio/client';
import type { ApiConfig } from '../config.js';

/** Connects when it is first used, so that the API starts, reads and takes orders while Temporal is down. */
export function createTemporalClient({ temporalAddress, temporalNamespace }: ApiConfig): Client {
  const connection = Connection.lazy({ address: temporalAddress, connectTimeout: '3s' });
  return new Client({ connection, namespace: temporalNamespace });
}
