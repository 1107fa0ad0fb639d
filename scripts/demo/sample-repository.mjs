import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A small library with a test and a lint gate, no dependencies, and room for work. */
const files = {
  'package.json': `${JSON.stringify(
    {
      name: 'stock',
      version: '1.0.0',
      private: true,
      type: 'module',
      scripts: { lint: 'node scripts/lint.mjs', test: 'node --test' },
    },
    null,
    2,
  )}\n`,
  'README.md': `# stock

Counts what is on the shelves. \`src/stock.js\` adds up a list of items; there is no way yet to read a list from text, to
show amounts of money, or to use any of it from the command line.

Tests: \`npm test\`. Style: \`npm run lint\`.
`,
  'src/stock.js': `/** Value of all items in cents. */
export function totalCents(items) {
  return items.reduce((sum, { count, cents }) => sum + count * cents, 0);
}
`,
  'test/stock.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totalCents } from '../src/stock.js';

test('adds up counts times prices', () => {
  assert.equal(totalCents([{ name: 'apple', count: 3, cents: 25 }, { name: 'pear', count: 1, cents: 40 }]), 115);
});
`,
  'scripts/lint.mjs': `// The house rules of this repository: no tabs, no trailing white space, a final newline.
import { readdirSync, readFileSync } from 'node:fs';

const faults = ['src', 'test'].flatMap((folder) =>
  readdirSync(folder).flatMap((name) => {
    const text = readFileSync(\`\${folder}/\${name}\`, 'utf8');
    const bad = text.split('\\n').findIndex((line) => /\\t|\\s$/.test(line));
    if (bad >= 0) return [\`\${folder}/\${name}:\${bad + 1}: tab or trailing white space\`];
    return text.endsWith('\\n') ? [] : [\`\${folder}/\${name}: no final newline\`];
  }),
);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
`,
};

/**
 * Makes the sample repository with one commit on \`main\`.
 * @param {string} path a folder that does not exist yet
 */
export async function makeSampleRepository(path) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  const identity = ['-c', 'user.name=Sample', '-c', 'user.email=sample@localhost', '-c', 'commit.gpgsign=false'];
  await run('git', ['init', '--quiet', '--initial-branch=main', path]);
  await run('git', [...identity, '-C', path, 'add', '--all']);
  await run('git', [...identity, '-C', path, 'commit', '--quiet', '--message', 'Count the stock']);
}
