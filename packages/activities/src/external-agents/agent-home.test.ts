import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configureAgent, openAgentHome } from './agent-home.js';

let root: string;
let victim: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fermata-agent-home-'));
  victim = join(root, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'config.toml'), 'mine');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const home = () => join(root, 'sandbox', 'home');
const open = () =>
  openAgentHome(
    { deps: { git: { sandboxFolder: () => join(root, 'sandbox') } }, run: { id: 'run_1' }, worktreeId: 'task_1' },
    { env: { HOME: '/run/fermata/home' }, sandbox: {} as never },
  );
const files = { '.codex/config.toml': 'ours', 'opencode.json': '{}' };
const unharmed = () => {
  expect(readdirSync(victim)).toEqual(['config.toml']);
  expect(readFileSync(join(victim, 'config.toml'), 'utf8')).toBe('mine');
};

describe('the home of an agent', () => {
  it('keeps what the agent remembers from one stretch to the next, and not what it has made of its configuration', async () => {
    const { folder, path } = await open();
    expect(path).toBe('/run/fermata/home/agents/run_1');
    await configureAgent({ folder }, files);
    writeFileSync(join(folder, '.codex', 'session'), 'remembered');
    writeFileSync(join(folder, '.codex', 'config.toml'), 'changed');
    await configureAgent(await open(), files);
    expect(readFileSync(join(folder, '.codex', 'session'), 'utf8')).toBe('remembered');
    expect(readFileSync(join(folder, '.codex', 'config.toml'), 'utf8')).toBe('ours');
  });

  it.each([
    ['the folder of all agents', ['agents']],
    ['its own', ['agents', 'run_1']],
    ['that of its configuration', ['agents', 'run_1', '.codex']],
  ])('is not led out by a link in place of %s', async (_name, names) => {
    mkdirSync(join(home(), ...names.slice(0, -1)), { recursive: true });
    symlinkSync(victim, join(home(), ...names));
    const { folder } = await open();
    await configureAgent({ folder }, files);
    unharmed();
    expect(readFileSync(join(folder, '.codex', 'config.toml'), 'utf8')).toBe('ours');
  });

  it('is not led out by a link in place of a file of its configuration', async () => {
    const { folder } = await open();
    mkdirSync(join(folder, '.codex'));
    symlinkSync(join(victim, 'config.toml'), join(folder, '.codex', 'config.toml'));
    mkdirSync(join(folder, 'opencode.json'));
    await configureAgent({ folder }, files);
    unharmed();
    expect(existsSync(join(folder, 'opencode.json'))).toBe(true);
  });
});
