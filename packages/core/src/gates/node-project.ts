import { z } from 'zod';
import type { DetectedGate, Project } from './project.js';

const manifest = z.object({
  packageManager: z.string().optional().catch(undefined),
  scripts: z.record(z.string(), z.unknown()).catch({}).default({}),
  dependencies: z.record(z.string(), z.unknown()).catch({}).default({}),
  devDependencies: z.record(z.string(), z.unknown()).catch({}).default({}),
});
type Manifest = z.output<typeof manifest>;

/** The usual names of the scripts, the first that exists is taken. */
const scriptsOf = {
  typecheck: ['typecheck', 'type-check', 'check-types'],
  lint: ['lint'],
  test: ['test'],
  build: ['build'],
} as const;

/** What `npm init` writes as the test script. */
const noTest = 'no test specified';

export function nodeGates(project: Project): DetectedGate[] {
  const read = readManifest(project);
  if (read === null) return [];
  const manager = packageManager(project, read);
  return (['typecheck', 'lint', 'test', 'build'] as const).flatMap((name): DetectedGate[] => {
    const script = scriptsOf[name].find((candidate) => isScript(read.scripts[candidate]));
    return script === undefined ? [] : [{ name, command: `${manager} run ${script}`, tool: manager }];
  });
}

const isScript = (script: unknown): boolean =>
  typeof script === 'string' && script.trim() !== '' && !script.includes(noTest);

/** What installs the dependencies, without changing the lock file, or null when there are none to install. */
export function nodeSetup(project: Project): string | null {
  const read = readManifest(project);
  if (read === null || project.names.has('node_modules')) return null;
  const manager = packageManager(project, read);
  if (lockFiles.some(([file]) => project.names.has(file))) return lockedInstall(manager, project);
  const needs = Object.keys({ ...read.dependencies, ...read.devDependencies }).length > 0;
  // Leaves no new lock file behind for the agent to commit.
  return needs ? (manager === 'npm' ? 'npm install --no-package-lock' : `${manager} install`) : null;
}

type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

const lockFiles = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
] as const satisfies readonly (readonly [string, Manager])[];

function packageManager(project: Project, { packageManager: declared = '' }: Manifest): Manager {
  const managers = ['npm', 'pnpm', 'yarn', 'bun'] as const;
  const named = managers.find((manager) => declared.startsWith(`${manager}@`));
  return named ?? lockFiles.find(([file]) => project.names.has(file))?.[1] ?? 'npm';
}

function lockedInstall(manager: Manager, project: Project): string {
  switch (manager) {
    case 'npm':
      return 'npm ci';
    case 'pnpm':
      return 'pnpm install --frozen-lockfile';
    case 'bun':
      return 'bun install --frozen-lockfile';
    case 'yarn':
      // The flag was renamed with the lock file format of Yarn 2.
      return project.text('yarn.lock')?.includes('# yarn lockfile v1') === true
        ? 'yarn install --frozen-lockfile'
        : 'yarn install --immutable';
  }
}

/** Null when there is none, or it is no manifest: its scripts could not be run either. */
function readManifest(project: Project): Manifest | null {
  const text = project.text('package.json');
  if (text === null) return null;
  try {
    return manifest.safeParse(JSON.parse(text.replace(/^\uFEFF/, ''))).data ?? null;
  } catch {
    return null;
  }
}
