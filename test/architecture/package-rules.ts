import { isBuiltin } from 'node:module';
import { declaredFor, packageOf } from './import-law.js';
import { type Source, type Workspace, workspaceOf } from './source-tree.js';
import { type Finding, importsOf } from './syntax.js';

const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

type Wanted = readonly (readonly [name: string, version: string])[];

function wantedBy({ manifest }: Workspace): Wanted {
  return [manifest.dependencies, manifest.devDependencies, manifest.overrides].flatMap((list) =>
    Object.entries(list ?? {}),
  );
}

function nameOf({ path }: Workspace): string {
  return path === '' ? 'package.json' : `${path}/package.json`;
}

/** A range is another program on another day. */
export function openRanges(workspaces: readonly Workspace[]): Finding[] {
  return workspaces.flatMap((workspace) =>
    wantedBy(workspace)
      .filter(([, version]) => !exact.test(version))
      .map(([name, version]) => ({ at: nameOf(workspace), what: `${name}: ${version} is not one version` })),
  );
}

/** Two versions of one package: two classes of the same name, of which `instanceof` knows one. */
export function differingVersions(workspaces: readonly Workspace[]): Finding[] {
  const first = new Map<string, { version: string; at: string }>();
  return workspaces.flatMap((workspace) =>
    wantedBy(workspace).flatMap(([name, version]) => {
      const seen = first.get(name);
      if (!seen) first.set(name, { version, at: nameOf(workspace) });
      const same = seen === undefined || seen.version === version;
      return same ? [] : [{ at: nameOf(workspace), what: `${name}: ${version} here, ${seen.version} in ${seen.at}` }];
    }),
  );
}

/** All of Temporal's packages are released together and only work together. */
export function differingTemporal(workspaces: readonly Workspace[]): Finding[] {
  const wanted = workspaces.flatMap((workspace) =>
    wantedBy(workspace)
      .filter(([name]) => name.startsWith('@temporalio/'))
      .map(([name, version]) => ({ at: nameOf(workspace), name, version })),
  );
  return wanted
    .filter(({ version }) => version !== wanted[0]?.version)
    .map(({ at, name, version }) => ({ at, what: `${name}: ${version}, elsewhere ${wanted[0]?.version}` }));
}

/** Hoisting lets an undeclared import work until the day it does not. Tests may use the root's tools too. */
export function undeclaredImports(sources: readonly Source[], workspaces: readonly Workspace[]): Finding[] {
  const everything = workspaces.flatMap((workspace) => [
    workspace.manifest.name,
    ...wantedBy(workspace).map(([name]) => name),
  ]);
  const isDeclared = (source: Source, name: string, typeOnly: boolean): boolean => {
    const home = workspaceOf(source);
    if (home === '') return everything.includes(name);
    const itself = workspaces.find(({ path }) => path === home)?.manifest.name;
    return name === itself || declaredFor(source, { workspaces, typeOnly }).includes(name);
  };
  return sources.flatMap((source) =>
    importsOf(source)
      .filter(({ specifier }) => !specifier.startsWith('.') && !isBuiltin(specifier))
      .map(({ specifier, typeOnly, line }) => ({ name: packageOf(specifier), typeOnly, line }))
      .filter(({ name, typeOnly }) => !isDeclared(source, name, typeOnly))
      .map(({ name, line }) => ({ at: `${source.path}:${line}`, what: `${name} is not declared` })),
  );
}

interface BuildFile {
  path: string;
  references: readonly string[];
}

/** `tsc -b` builds in the right order only when each workspace a package imports is a reference of its tsconfig. */
export function missingReferences(workspaces: readonly Workspace[], builds: readonly BuildFile[]): Finding[] {
  const folderOf = new Map(workspaces.map(({ path, manifest }) => [manifest.name, path]));
  return workspaces
    .filter(({ path }) => path !== '')
    .flatMap((workspace) => {
      const build = builds.find(({ path }) => path === workspace.path);
      return Object.keys(workspace.manifest.dependencies ?? {})
        .filter((name) => name.startsWith('@fermata/'))
        .filter((name) => !build?.references.includes(folderOf.get(name) ?? name))
        .map((name) => ({ at: `${workspace.path}/tsconfig.json`, what: `does not reference ${name}` }));
    });
}
