import type { DetectedGate, Project } from './project.js';

export function rustGates({ names }: Project): DetectedGate[] {
  if (!names.has('Cargo.toml')) return [];
  const tool = 'cargo';
  return [
    { name: 'typecheck', command: 'cargo check --all-targets', tool },
    { name: 'test', command: 'cargo test', tool },
  ];
}

export function goGates({ names }: Project): DetectedGate[] {
  if (!names.has('go.mod')) return [];
  const tool = 'go';
  return [
    { name: 'lint', command: 'go vet ./...', tool },
    { name: 'test', command: 'go test ./...', tool },
    { name: 'build', command: 'go build ./...', tool },
  ];
}

/** Only tools the project has set up: a linter it does not use would fail it for nothing. */
export function pythonGates(project: Project): DetectedGate[] {
  const text = project.text('pyproject.toml');
  if (text === null) return [];
  const run = pythonRunner(project);
  const tool = 'python';
  const gates: DetectedGate[] = [];
  if (hasTable(text, 'tool.mypy')) gates.push({ name: 'typecheck', command: `${run}mypy .`, tool });
  if (hasTable(text, 'tool.ruff')) gates.push({ name: 'lint', command: `${run}ruff check .`, tool });
  if (usesPytest(text)) gates.push({ name: 'test', command: `${run}pytest`, tool });
  return gates;
}

export function pythonSetup({ names }: Project): string | null {
  if (!names.has('pyproject.toml') || names.has('.venv')) return null;
  if (names.has('uv.lock')) return 'uv sync --frozen';
  return names.has('poetry.lock') ? 'poetry install --no-interaction' : null;
}

function pythonRunner({ names }: Project): string {
  if (names.has('uv.lock')) return 'uv run --frozen ';
  return names.has('poetry.lock') ? 'poetry run ' : 'python3 -m ';
}

/** A table of that name or below it (`[tool.ruff.lint]`), not one that is commented out. */
const hasTable = (toml: string, name: string): boolean =>
  new RegExp(`^\\s*\\[${name.replace('.', '\\.')}[\\].]`, 'm').test(toml);

/** Set up, or among the dependencies. */
const usesPytest = (toml: string): boolean => hasTable(toml, 'tool.pytest') || /^[^#\n]*["']?\bpytest\b/m.test(toml);

const makeTargets = ['lint', 'check', 'test', 'build'] as const;

export function makeGates(project: Project): DetectedGate[] {
  // In the order in which make looks for them.
  const text = ['GNUmakefile', 'makefile', 'Makefile']
    .map((name) => project.text(name))
    .find((found) => found !== null);
  if (text === undefined || text === null) return [];
  const targets = new Set(text.split('\n').flatMap(targetsOf));
  return makeTargets
    .filter((name) => targets.has(name))
    .map((name) => ({ name, command: `make ${name}`, tool: 'make' }));
}

/** The targets of a rule (`test lint: deps`); none for recipes, variables (`test := x`) and special targets. */
function targetsOf(line: string): string[] {
  const rule = /^([A-Za-z0-9_. -]+)::?(?![:=])/.exec(line);
  return rule?.[1]?.trim().split(/\s+/) ?? [];
}
