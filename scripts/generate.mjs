import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Generates the database client from prisma/schema.prisma, without a network: Prisma's CLI would download an engine that
// generating does not use, unless it is pointed at any file that exists.
const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (!existsSync(join(root, 'prisma', 'schema.prisma'))) {
  process.stderr.write('prisma/schema.prisma is not there: nothing to generate\n');
} else {
  const node = join(root, 'node_modules', '.bin', 'node');
  const { status, error } = spawnSync(
    existsSync(node) ? node : process.execPath,
    [join(root, 'node_modules', 'prisma', 'build', 'index.js'), 'generate'],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
      },
    },
  );
  if (error) process.stderr.write(`prisma generate cannot be run: ${error.message}. Run \`npm ci\` first.\n`);
  process.exitCode = status ?? 1;
}
