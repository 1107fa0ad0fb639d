import { describe, expect, it } from 'vitest';
import { explainServerFailure } from './server-failure.js';

describe('a server that did not start', () => {
  const failure = {
    part: 'postgres',
    how: 'it ended with exit code 1',
    logFile: '/home/logs/postgres.log',
    dataPath: '/home/postgres',
  } as const;

  it.each([
    ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'port_taken'],
    ['PANIC:  could not write to file "pg_wal/xlogtemp.9": No space left on device', 'disk_full'],
    [
      'DETAIL:  The data directory was initialized by PostgreSQL version 12, which is not compatible',
      'data_directory_unusable',
    ],
    ['FATAL:  data directory "/home/postgres" has invalid permissions', 'data_directory_unusable'],
    ['FATAL:  something never seen before', 'unavailable'],
  ])('is explained from its output: %s', (output, code) => {
    const error = explainServerFailure({ ...failure, output });
    expect(error.code).toBe(code);
    expect(error.message).toContain('/home/postgres');
  });

  it.each([
    ['postgres', 'The embedded Postgres did not start'],
    ['temporal', 'The embedded Temporal did not start'],
    ['api', 'The API did not start'],
    ['worker', 'The worker did not start'],
  ] as const)('is named: %s', (part, said) => {
    expect(explainServerFailure({ ...failure, part, output: '' }).message).toContain(said);
  });

  it('shows the end of its log and where the rest is', () => {
    const output = Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n');
    const { message } = explainServerFailure({ ...failure, output });
    expect(message).toContain('line 49');
    expect(message).not.toContain('line 12');
    expect(message).toContain('/home/logs/postgres.log');
  });
});
