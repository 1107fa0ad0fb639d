import { createHostRepository, type Database } from '@fermata/database';

/** A worker that has just been heard of: what is at work is believed. */
export function makeHost(database: Database, id = 'host-1'): Promise<void> {
  const host = { id, name: 'box', version: '0.1.0', containment: 'none', startedAt: new Date() };
  return createHostRepository(database).seen(host);
}
