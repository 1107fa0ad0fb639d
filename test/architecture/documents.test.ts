import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenReferences, malformedDecisions } from './document-rules.js';
import { listSources, listWorkspaces, readText, repositoryRoot, type Source } from './source-tree.js';

const documentsIn = (folder: string): Source[] =>
  readdirSync(join(repositoryRoot, folder))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => join(folder, name))
    .map((path) => ({ path, text: readText(path) }));
const decisions = documentsIn('docs/adr');
const documents = [...documentsIn('.'), ...documentsIn('docs'), ...documentsIn('docs/guides'), ...decisions];
const named = (path: string): string => documents.find((document) => document.path === path)?.text ?? '';
const linesOf = (path: string): number => named(path).trimEnd().split('\n').length;

const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
const around = {
  exists: (path: string) => existsSync(join(repositoryRoot, path)),
  scripts: Object.keys(scripts),
  verbs: listSources()
    .filter(({ path }) => path.startsWith('apps/cli/src/commands/'))
    .flatMap(({ text }) => [...text.matchAll(/program\s*\.command\('([a-z]+)'\)/g)].map(([, verb = '']) => verb)),
};

describe('the documents', () => {
  it('name only files, scripts and verbs that are there', () => {
    expect(documents.length).toBeGreaterThan(14);
    expect(around.verbs.length).toBeGreaterThan(10);
    expect(brokenReferences(documents, around)).toEqual([]);
  });

  it('are short', () => {
    expect(linesOf('README.md')).toBeLessThanOrEqual(150);
    expect(linesOf('AGENTS.md')).toBeLessThan(120);
    for (const { path } of decisions) expect([path, linesOf(path) <= 60]).toEqual([path, true]);
  });

  it('have every workspace in the folder map', () => {
    const map = [...named('README.md').matchAll(/^\| `((?:apps|packages)\/[\w-]+)` /gm)].map(([, path]) => path);
    expect(map.sort()).toEqual(
      listWorkspaces()
        .map(({ path }) => path)
        .filter((path) => path !== '')
        .sort(),
    );
  });

  it('record each decision in the same four parts', () => {
    expect(malformedDecisions(decisions)).toEqual([]);
  });
});

describe('the rules can fail', () => {
  const nothing = { exists: () => false, scripts: [], verbs: [] };
  const broken = (text: string) => brokenReferences([{ path: 'docs/x.md', text }], nothing).map(({ what }) => what);

  it.each([
    ['See `packages/core/src/x.ts`.', 'packages/core/src/x.ts is not there'],
    ['See [that](adr/x.md#why).', 'docs/adr/x.md is not there'],
    ['Run `npm run test:x`.', 'npm run test:x is no script'],
    ['./fermata sing', 'fermata sing is no verb'],
  ])('on %s', (text, what) => {
    expect(broken(text)).toEqual([what]);
  });

  it('but not on patterns, addresses and places within a document', () => {
    expect(broken('`apps/api/src/<feature>/` `packages/*/src` [a](https://example.org) [b](#c)')).toEqual([]);
  });

  it('on a decision out of number or without its parts', () => {
    const text = '# 0001 X\n\n## Context\n\n## Options\n\n## Decision\n\n## Consequences\n';
    expect(malformedDecisions([{ path: 'docs/adr/0001-x.md', text }])).toEqual([]);
    expect(malformedDecisions([{ path: 'docs/adr/0002-x.md', text }])).toHaveLength(1);
    expect(malformedDecisions([{ path: 'docs/adr/0001-x.md', text: text.replace('## Options\n\n', '') }])).toHaveLength(
      1,
    );
  });
});
