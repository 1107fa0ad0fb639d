import { isTestCode, type Source, type Workspace, workspaceOf } from './source-tree.js';
import { type Finding, type Import, importsOf } from './syntax.js';

/** What the production code of one place may import. Relative imports stay inside the package. */
interface Place {
  /** Specifiers of ours; `x/*` covers the subpaths. */
  ours: readonly string[];
  /** Specifiers of ours that may be imported as types only. */
  oursAsTypes?: readonly string[];
  /** Package names from outside; `declared`: whatever package.json lists, without `never`. */
  foreign: readonly string[] | 'declared';
  never?: readonly string[];
  /** May use Node's own modules. */
  node: boolean;
}

const forbidden = 'the import law forbids it';

const temporal = (...names: string[]): string[] => names.map((name) => `@temporalio/${name}`);
const servers = ['@temporalio/*', '@nestjs/*', '@prisma/*', 'prisma', 'pg'];

/** Design §3. The longest path that a file begins with decides. */
export const importLaw: Readonly<Record<string, Place>> = {
  'packages/contracts': { ours: [], foreign: [], node: false },
  'packages/contracts/src/schemas': { ours: [], foreign: ['zod'], node: false },
  'packages/workflows': { ours: ['@fermata/contracts'], foreign: temporal('workflow'), node: false },
  'packages/activities': {
    ours: ['@fermata/contracts', '@fermata/contracts/*', '@fermata/core/*', '@fermata/database'],
    foreign: temporal('activity', 'common'),
    node: true,
  },
  'packages/core': {
    ours: ['@fermata/contracts', '@fermata/contracts/*'],
    foreign: 'declared',
    never: servers,
    node: true,
  },
  'packages/database': {
    ours: ['@fermata/contracts', '@fermata/contracts/schemas', '@fermata/contracts/redaction'],
    foreign: ['@prisma/client', '@prisma/adapter-pg', 'pg'],
    node: true,
  },
  'packages/stack': { ours: ['@fermata/contracts'], foreign: 'declared', node: true },
  'packages/scripted-model': { ours: ['@fermata/contracts'], foreign: 'declared', never: servers, node: true },
  'apps/api': {
    ours: [
      '@fermata/contracts',
      '@fermata/contracts/*',
      '@fermata/database',
      '@fermata/database/*',
      '@fermata/workflows/messages',
    ],
    oursAsTypes: ['@fermata/workflows'],
    foreign: 'declared',
    never: ['@prisma/*', 'pg', ...temporal('worker', 'workflow', 'activity')],
    node: true,
  },
  'apps/worker': { ours: ['@fermata/*'], foreign: 'declared', never: ['@prisma/*', 'pg', '@nestjs/*'], node: true },
  'apps/cli': {
    ours: ['@fermata/contracts', '@fermata/stack'],
    foreign: 'declared',
    never: servers,
    node: true,
  },
};

function matches(specifier: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('/*') ? specifier.startsWith(pattern.slice(0, -1)) : specifier === pattern,
  );
}

/** `@scope/name/sub` and `name/sub` to the name that package.json lists. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function leavesPackage(source: Source, specifier: string): boolean {
  const { pathname } = new URL(specifier, `file:///${source.path}`);
  return !pathname.startsWith(`/${workspaceOf(source)}/src/`);
}

/** Why the import is not legal, or undefined. */
function objection(source: Source, taken: Import, { place, declared }: { place: Place; declared: readonly string[] }) {
  const { specifier } = taken;
  if (specifier.startsWith('.')) return relativeObjection(source, specifier);
  if (specifier.startsWith('node:')) return place.node ? undefined : 'Node is not there where this code runs';
  return specifier.startsWith('@fermata/')
    ? ourObjection(taken, place)
    : foreignObjection(packageOf(specifier), place, declared);
}

function relativeObjection(source: Source, specifier: string): string | undefined {
  if (leavesPackage(source, specifier)) return 'leaves its package by a relative path';
  return /\.(test|fixture)\.js$/.test(specifier) ? 'is test code' : undefined;
}

function ourObjection({ specifier, typeOnly }: Import, { ours, oursAsTypes = [] }: Place): string | undefined {
  if (matches(specifier, ours) || (typeOnly && matches(specifier, oursAsTypes))) return undefined;
  return matches(specifier, oursAsTypes) ? 'may be imported as a type only' : forbidden;
}

function foreignObjection(name: string, place: Place, declared: readonly string[]): string | undefined {
  const allowed = place.foreign === 'declared' ? declared : place.foreign;
  return allowed.includes(name) && !matches(name, place.never ?? []) ? undefined : forbidden;
}

function placeOf({ path }: Source): Place | undefined {
  const home = Object.keys(importLaw)
    .filter((candidate) => path.startsWith(`${candidate}/`))
    .sort((a, b) => b.length - a.length)[0];
  return home === undefined ? undefined : importLaw[home];
}

/** The packages a file may take from outside; types are gone when it runs, so a development dependency does for them. */
export function declaredFor(
  source: Source,
  { workspaces, typeOnly }: { workspaces: readonly Workspace[]; typeOnly: boolean },
): string[] {
  const manifestOf = (path: string) => workspaces.find((workspace) => workspace.path === path)?.manifest;
  const home = manifestOf(workspaceOf(source));
  const tools = { ...home?.devDependencies, ...manifestOf('')?.devDependencies };
  return Object.keys({ ...home?.dependencies, ...(typeOnly || isTestCode(source) ? tools : {}) });
}

/** Every import of production code that the law forbids. A package the law does not name is one finding a file. */
export function importLawFindings(sources: readonly Source[], workspaces: readonly Workspace[]): Finding[] {
  return sources
    .filter((source) => workspaceOf(source) !== '' && !isTestCode(source))
    .flatMap((source) => {
      const place = placeOf(source);
      if (!place) return [{ at: source.path, what: 'the import law does not know this package' }];
      return importsOf(source).flatMap((taken) => {
        const declared = declaredFor(source, { workspaces, typeOnly: taken.typeOnly });
        const why = objection(source, taken, { place, declared });
        return why === undefined ? [] : [{ at: `${source.path}:${taken.line}`, what: `${taken.specifier}: ${why}` }];
      });
    });
}
