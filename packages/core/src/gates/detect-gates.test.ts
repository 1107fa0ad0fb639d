import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectGates, detectSetupCommands } from './index.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fermata-gates-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (name: string, content: unknown = '') =>
  writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
const commands = async () => (await detectGates(root)).gates.map(({ name, command }) => `${name}: ${command}`);

describe('gates of a Node project', () => {
  it('are its scripts, quick ones first, with npm', async () => {
    put('package.json', {
      scripts: { build: 'tsc -b', test: 'vitest run', lint: 'eslint .', typecheck: 'tsc', dev: 'vite' },
    });
    expect(await detectGates(root)).toMatchObject({ source: 'detected', gates: [{ timeoutMs: 900_000 }, {}, {}, {}] });
    expect(await commands()).toEqual([
      'typecheck: npm run typecheck',
      'lint: npm run lint',
      'test: npm run test',
      'build: npm run build',
    ]);
  });

  it('are run by the package manager that is declared, or whose lock file is there', async () => {
    put('package.json', { scripts: { test: 'x', 'type-check': 'y' } });
    for (const [file, manager] of [
      ['bun.lock', 'bun'],
      ['yarn.lock', 'yarn'],
      ['pnpm-lock.yaml', 'pnpm'],
    ] as const) {
      put(file);
      expect(await commands()).toEqual([`typecheck: ${manager} run type-check`, `test: ${manager} run test`]);
    }
    put('package.json', { packageManager: 'yarn@4.1.0', scripts: { test: 'x' } });
    expect(await commands()).toEqual(['test: yarn run test']);
  });

  it('are not what npm init wrote, nor empty or broken scripts', async () => {
    put('package.json', { scripts: { test: 'echo "Error: no test specified" && exit 1', lint: '', build: 3 } });
    expect(await detectGates(root)).toEqual({ gates: [], source: 'none' });
  });

  it.each(['{', '[]', 'null', '"x"', '{"scripts": 1}'])('are none when package.json is %s', async (text) => {
    put('package.json', text);
    expect(await detectGates(root)).toEqual({ gates: [], source: 'none' });
  });
});

describe('gates of other projects', () => {
  it('are those of cargo and go', async () => {
    put('Cargo.toml');
    put('go.mod');
    expect(await commands()).toEqual([
      'typecheck: cargo check --all-targets',
      'test: cargo test',
      'lint: go vet ./...',
      'test-go: go test ./...',
      'build: go build ./...',
    ]);
  });

  it('are the tools a Python project has set up', async () => {
    put('pyproject.toml', '[project]\nname = "x"\n# [tool.mypy]\n');
    expect(await commands()).toEqual([]);
    put('pyproject.toml', '[tool.ruff.lint]\nselect = []\n[tool.mypy]\n[tool.pytest.ini_options]\n');
    expect(await commands()).toEqual([
      'typecheck: python3 -m mypy .',
      'lint: python3 -m ruff check .',
      'test: python3 -m pytest',
    ]);
    put('pyproject.toml', '[dependency-groups]\ndev = ["pytest>=8"]\n');
    put('uv.lock');
    expect(await commands()).toEqual(['test: uv run --frozen pytest']);
    rmSync(join(root, 'uv.lock'));
    put('poetry.lock');
    expect(await commands()).toEqual(['test: poetry run pytest']);
  });

  it('are the targets of a Makefile, but no variables, recipes or prerequisites', async () => {
    put('Makefile', '.PHONY: test build\nlint := x\nall: check\ntest lint2:: deps\n\techo build: no\ncheck:\n\ttrue\n');
    expect(await commands()).toEqual(['check: make check', 'test: make test']);
  });

  it('are not taken twice from a Makefile that calls the others', async () => {
    put('Makefile', 'test:\n\tgo test\nlint:\n\ttrue\n');
    put('go.mod');
    put('package.json', { scripts: { test: 'x' } });
    expect(await commands()).toEqual([
      'test: npm run test',
      'lint: go vet ./...',
      'test-go: go test ./...',
      'build: go build ./...',
    ]);
  });

  it('are none when there is nothing, or only links to somewhere else', async () => {
    expect(await detectGates(root)).toEqual({ gates: [], source: 'none' });
    mkdirSync(join(root, 'Makefile'));
    writeFileSync(join(root, 'elsewhere'), '{"scripts":{"test":"x"}}');
    symlinkSync('elsewhere', join(root, 'package.json'));
    expect(await detectGates(root)).toEqual({ gates: [], source: 'none' });
  });
});

describe('set-up commands', () => {
  it('install from the lock file of each package manager', async () => {
    put('package.json', {});
    expect(await detectSetupCommands(root)).toEqual([]);
    put('package-lock.json');
    expect(await detectSetupCommands(root)).toEqual(['npm ci']);
    put('bun.lock');
    expect(await detectSetupCommands(root)).toEqual(['bun install --frozen-lockfile']);
    put('yarn.lock', '# yarn lockfile v1\n');
    expect(await detectSetupCommands(root)).toEqual(['yarn install --frozen-lockfile']);
    put('yarn.lock', '__metadata:\n');
    expect(await detectSetupCommands(root)).toEqual(['yarn install --immutable']);
    put('pnpm-lock.yaml');
    expect(await detectSetupCommands(root)).toEqual(['pnpm install --frozen-lockfile']);
  });

  it('install without writing a lock file where there is none', async () => {
    put('package.json', { devDependencies: { vitest: '1.0.0' } });
    expect(await detectSetupCommands(root)).toEqual(['npm install --no-package-lock']);
  });

  it('are none when everything is installed', async () => {
    put('package.json', {});
    put('package-lock.json');
    mkdirSync(join(root, 'node_modules'));
    expect(await detectSetupCommands(root)).toEqual([]);
  });

  it('are those of uv and poetry', async () => {
    put('pyproject.toml');
    put('poetry.lock');
    expect(await detectSetupCommands(root)).toEqual(['poetry install --no-interaction']);
    put('uv.lock');
    expect(await detectSetupCommands(root)).toEqual(['uv sync --frozen']);
  });
});
