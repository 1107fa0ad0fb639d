import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

/** A file of ours: what a rule looks at. Tests of the rules make them up. */
export interface Source {
  /** From the root of the repository, with `/`. */
  path: string;
  text: string;
}

export interface PackageManifest {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  overrides?: Record<string, string>;
  exports?: Record<string, unknown>;
}

export interface Workspace {
  /** `packages/core`; empty for the root. */
  path: string;
  manifest: PackageManifest;
}

/** Written by a generator, not by people. */
const generated = new Set(['packages/database/src/generated', 'apps/cli/src/graphql/generated.d.ts']);
const ignoredFolders = new Set(['node_modules', 'dist', 'coverage', '.git']);

export function readText(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

/** Every file below the folder, generated code left out. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(repositoryRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (generated.has(path)) return [];
    if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** The code that people write: packages, apps, tests and scripts. */
export function listSources(): Source[] {
  return ['packages', 'apps', 'test', 'scripts']
    .flatMap(filesBelow)
    .filter((path) => /\.(ts|tsx|mts|cts|mjs|js)$/.test(path))
    .map((path) => ({ path, text: readText(path) }));
}

export function listWorkspaces(): Workspace[] {
  const members = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(repositoryRoot, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${parent}/${entry.name}`),
  );
  return ['', ...members].map((path) => ({
    path,
    manifest: JSON.parse(readText(path === '' ? 'package.json' : `${path}/package.json`)) as PackageManifest,
  }));
}

/** Tests and what only they use: the rules about production code leave them alone. */
export function isTestCode({ path }: Pick<Source, 'path'>): boolean {
  return path.startsWith('test/') || /\.(test|fixture)\.ts$/.test(path);
}

/** The workspace a file belongs to: `packages/core`. Empty for the root's own files. */
export function workspaceOf({ path }: Pick<Source, 'path'>): string {
  return /^(?:packages|apps)\/[^/]+/.exec(path)?.[0] ?? '';
}
