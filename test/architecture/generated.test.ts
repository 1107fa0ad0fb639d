import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readText, repositoryRoot } from './source-tree.js';

describe('what is generated and committed', () => {
  it('has the types of the committed schema: run `gql.tada generate-output` in apps/cli', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fermata-generated-'));
    try {
      const made = join(folder, 'generated.d.ts');
      await promisify(execFile)(
        process.execPath,
        [join(repositoryRoot, 'node_modules/gql.tada/bin/cli.js'), 'generate-output', '-o', made],
        { cwd: join(repositoryRoot, 'apps/cli') },
      );
      expect(readText('apps/cli/src/graphql/generated.d.ts')).toBe(await readFile(made, 'utf8'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
