import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/run-fermata.fixture.js';

it('types documents by the schema that is committed; if not: npm run generate -w @fermata/cli', () => {
  const app = fileURLToPath(new URL('../..', import.meta.url));
  const made = join(temporaryFolder(), 'generated.d.ts');
  const program = fileURLToPath(new URL('../../../../node_modules/gql.tada/bin/cli.js', import.meta.url));
  execFileSync(process.execPath, [program, 'generate-output', '-c', join(app, 'tsconfig.json'), '-o', made], {
    cwd: app,
  });
  expect(readFileSync(made, 'utf8')).toBe(readFileSync(join(app, 'src/graphql/generated.d.ts'), 'utf8'));
});
