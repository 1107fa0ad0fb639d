import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import ts from 'typescript';
import { missingOptionalPackages } from '../../scripts/complete-lock.mjs';
import {
  differingTemporal,
  differingVersions,
  missingReferences,
  openRanges,
  undeclaredImports,
} from './package-rules.js';
import { listSources, listWorkspaces, type PackageManifest, readText, type Workspace } from './source-tree.js';

const workspaces = listWorkspaces();

interface Lock {
  packages: Record<
    string,
    { version?: string; link?: boolean; optionalDependencies?: Record<string, string>; dependencies?: object }
  >;
}
const lock = JSON.parse(readText('package-lock.json')) as Lock;

/** The folders a tsconfig references, from the root. */
function referencesOf(folder: string): string[] {
  const path = folder === '' ? 'tsconfig.json' : `${folder}/tsconfig.json`;
  const { config } = ts.parseConfigFileTextToJson(path, readText(path)) as {
    config: { references: { path: string }[] };
  };
  return config.references.map((reference) => relative('.', join(dirname(path), reference.path)));
}

describe('the packages', () => {
  it('want one exact version of everything', () => {
    expect(openRanges(workspaces)).toEqual([]);
    expect(differingVersions(workspaces)).toEqual([]);
    expect(differingTemporal(workspaces)).toEqual([]);
  });

  it('declare everything that they import', () => {
    expect(undeclaredImports(listSources(), workspaces)).toEqual([]);
  });

  it('reference in their tsconfig the workspaces that they depend on, and the root references all', () => {
    const folders = workspaces.map(({ path }) => path).filter((path) => path !== '');
    const builds = folders.map((path) => ({ path, references: referencesOf(path) }));
    expect(missingReferences(workspaces, builds)).toEqual([]);
    expect(referencesOf('').sort()).toEqual([...folders].sort());
  });
});

describe('package-lock.json', () => {
  it('has an entry for every optional package of every platform, so that npm ci works on all of them', () => {
    expect(missingOptionalPackages(lock)).toEqual([]);
  });

  it('has the versions that each package.json wants', () => {
    for (const { path, manifest } of workspaces) {
      const { dependencies = {}, devDependencies = {} } = (lock.packages[path] ?? {}) as PackageManifest;
      expect({ path, dependencies, devDependencies }).toEqual({
        path,
        dependencies: manifest.dependencies ?? {},
        devDependencies: manifest.devDependencies ?? {},
      });
    }
  });

  it('is found incomplete when a platform is missing', () => {
    const without = structuredClone(lock);
    const dropped = Object.keys(without.packages).find((path) => /@esbuild\/(win32|darwin)-|-darwin-arm64$/.test(path));
    expect(dropped).toBeDefined();
    delete without.packages[dropped!];
    expect(missingOptionalPackages(without).map(({ path }) => path)).toContain(dropped);
  });
});

const workspace = (path: string, manifest: Partial<PackageManifest>): Workspace => ({
  path,
  manifest: { name: `@fermata/${path.split('/')[1] ?? 'root'}`, version: '0.1.0', ...manifest },
});

describe('the rules can fail', () => {
  it.each(['^1.2.3', '~1.2.3', '1.2', '*', 'latest', '>=1.2.3', 'github:someone/something', 'workspace:*'])(
    'on the range %s',
    (version) => {
      expect(openRanges([workspace('packages/a', { dependencies: { left: version } })])).toHaveLength(1);
    },
  );

  it('but not on a pre-release, which is one version', () => {
    expect(openRanges([workspace('packages/a', { dependencies: { left: '18.4.0-beta.17' } })])).toEqual([]);
  });

  it('on two versions, also between dependencies and devDependencies', () => {
    const two = [
      workspace('packages/a', { dependencies: { left: '1.0.0' } }),
      workspace('packages/b', { devDependencies: { left: '1.0.1' } }),
    ];
    expect(differingVersions(two)).toEqual([
      { at: 'packages/b/package.json', what: 'left: 1.0.1 here, 1.0.0 in packages/a/package.json' },
    ]);
  });

  it('on packages of Temporal that differ', () => {
    const manifest = { dependencies: { '@temporalio/client': '1.23.0', '@temporalio/common': '1.24.0' } };
    expect(differingTemporal([workspace('packages/a', manifest)])).toHaveLength(1);
  });

  it('on an import that only hoisting makes work', () => {
    const among = [
      workspace('', { devDependencies: { vitest: '1.0.0' } }),
      workspace('packages/a', { dependencies: { left: '1.0.0' } }),
    ];
    const undeclared = (path: string, text: string) => undeclaredImports([{ path, text }], among).length;
    expect(undeclared('packages/a/src/x.ts', "import 'left/deep'; import 'node:fs'; import './y.js';")).toBe(0);
    expect(undeclared('packages/a/src/x.ts', "import 'right';")).toBe(1);
    expect(undeclared('packages/a/src/x.ts', "import 'vitest';")).toBe(1);
    expect(undeclared('packages/a/src/x.test.ts', "import 'vitest';")).toBe(0);
    expect(undeclared('test/e2e/x.test.ts', "import 'left'; import '@fermata/a';")).toBe(0);
    expect(undeclared('test/e2e/x.test.ts', "import 'right';")).toBe(1);
  });

  it('on a reference that is missing', () => {
    const among = [workspace('packages/a', {}), workspace('packages/b', { dependencies: { '@fermata/a': '0.1.0' } })];
    const builds = (references: string[]) => [{ path: 'packages/b', references }];
    expect(missingReferences(among, builds(['packages/a']))).toEqual([]);
    expect(missingReferences(among, builds([]))).toHaveLength(1);
  });
});
