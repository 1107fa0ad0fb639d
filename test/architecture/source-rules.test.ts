import { describe, expect, it } from 'vitest';
import { badNames } from './name-rules.js';
import {
  barrels,
  environmentReads,
  longFiles,
  looseTypes,
  starExports,
  undocumentedWorkflows,
} from './source-rules.js';
import { listSources, type Source } from './source-tree.js';
import type { Finding } from './syntax.js';

const sources = listSources();

describe('the source', () => {
  it.each<[string, (sources: readonly Source[]) => Finding[]]>([
    ['has names that say what a file is', badNames],
    ['has no file of more than 400 lines', longFiles],
    ['has no export *', starExports],
    ['has no barrels but index.ts', barrels],
    ['reads the environment in config.ts only', environmentReads],
    ['has no any and no non-null assertion', looseTypes],
    ['opens each workflow with its purpose, steps, messages and what survives', undocumentedWorkflows],
  ])('%s', (_, rule) => {
    expect(rule(sources)).toEqual([]);
  });
});

/** How many findings a rule has in one file of the given name and text. */
const count = (rule: (sources: readonly Source[]) => Finding[], path: string, text: string): number =>
  rule([{ path, text }]).length;

describe('the rules can fail', () => {
  it.each([
    ['packages/core/src/git/mergeBase.ts', 'export const x = 1;'],
    ['packages/core/src/utils/merge.ts', 'export const x = 1;'],
    ['packages/core/src/git/helpers.ts', 'export const x = 1;'],
    ['packages/core/src/git/merge.manager.ts', 'export const x = 1;'],
    ['packages/core/src/git/merge.workflow.ts', 'export async function merge() {}'],
    ['apps/api/src/tasks/task.resolver.ts', 'export const x = 1;'],
    ['apps/api/src/tasks/task.ts', '@Resolver()\nexport class TaskResolver {}'],
  ])('on a name: %s', (path, text) => {
    expect(count(badNames, path, text)).toBe(1);
  });

  it('but not on a name that is right', () => {
    expect(count(badNames, 'apps/api/src/tasks/task.resolver.ts', '@Resolver()\nexport class TaskResolver {}')).toBe(0);
    expect(count(badNames, 'packages/core/src/git/merge-base.test.ts', '')).toBe(0);
  });

  it('on length, from the 401st line of code', () => {
    const text = (lines: number) => `/**\n * Why.\n */\n${'f(\n);\n\n// why\n'.repeat(lines / 2)}`;
    expect(count(longFiles, 'packages/core/src/x.ts', text(400))).toBe(0);
    expect(count(longFiles, 'packages/core/src/x.ts', `${text(400)}f();`)).toBe(1);
    expect(count(longFiles, 'packages/core/src/x.ts', `const x = \`${'\n'.repeat(400)}\`;`)).toBe(1);
  });

  it('on export * with and without a name', () => {
    expect(count(starExports, 'x.ts', "export * from './y.js';\nexport * as z from './z.js';")).toBe(2);
    expect(count(starExports, 'x.ts', "export { y } from './y.js';")).toBe(0);
  });

  it('on a barrel that is no index.ts', () => {
    const text = "export { y } from './y.js';";
    expect(count(barrels, 'packages/core/src/all.ts', text)).toBe(1);
    expect(count(barrels, 'packages/core/src/all.ts', "import { y } from './y.js';\nexport { y };")).toBe(1);
    expect(count(barrels, 'packages/core/src/index.ts', text)).toBe(0);
    expect(count(barrels, 'packages/core/src/all.ts', `${text}\nexport const z = 1;`)).toBe(0);
  });

  it.each([
    'const x = process.env.X;',
    "const x = process['env'];",
    'const { env } = process;',
    'const { env: e } = globalThis.process;',
    "import { env } from 'node:process';",
    "import process from 'node:process';",
    '// eslint-disable-next-line no-restricted-properties\nconst x = process.env;',
  ])('on the environment: %s', (text) => {
    expect(count(environmentReads, 'packages/core/src/x.ts', text)).toBe(1);
    expect(count(environmentReads, 'apps/api/src/config.ts', text)).toBe(0);
  });

  it('on any and on !', () => {
    expect(count(looseTypes, 'packages/core/src/x.ts', 'const x = (y as any)!;')).toBe(2);
    expect(count(looseTypes, 'packages/core/src/x.test.ts', 'const x = (y as any)!;')).toBe(0);
    expect(count(looseTypes, 'packages/core/src/x.ts', "const any = 'any'; const z = !any;")).toBe(0);
  });

  it('on a workflow that does not say what survives', () => {
    const path = 'packages/workflows/src/x.workflow.ts';
    const told = '/**\n * Does x.\n *\n * Steps: one.\n * Messages: none.\n * Survives: any crash.\n */\n';
    expect(count(undocumentedWorkflows, path, told)).toBe(0);
    expect(count(undocumentedWorkflows, path, told.replace(' * Survives: any crash.\n', ''))).toBe(1);
    expect(count(undocumentedWorkflows, path, `export const x = 1;\n${told}`)).toBe(1);
  });
});
