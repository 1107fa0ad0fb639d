import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolchains } from './toolchains.js';

let root: string;
let home: string;
beforeEach(() => {
  // Not below /tmp, where a toolchain is shown like anywhere else but a home seldom is.
  root = realpathSync(mkdtempSync(join(homedir(), '.fermata-toolchains-')));
  home = join(root, 'home');
  mkdirSync(home);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const program = (path: string): string => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), '#!/bin/sh\n');
  chmodSync(join(root, path), 0o755);
  return join(root, path);
};

const found = (env: Record<string, string>, more: { secret?: string[]; extra?: string[] } = {}) =>
  toolchains({ env, home, secret: more.secret ?? [], extra: more.extra ?? [] }).then(({ folders }) => folders);

describe('the toolchains that are shown', () => {
  it('are whole where a folder of programs on PATH belongs to one', async () => {
    program('home/node/v24/bin/node');
    program('home/python/shims/python');
    program('clone/node_modules/.bin/tsc');
    const PATH = ['home/node/v24/bin', 'home/python/shims', 'clone/node_modules/.bin', 'missing/bin']
      .map((folder) => join(root, folder))
      .join(':');
    expect(await found({ PATH })).toEqual(
      ['home/node/v24', 'home/python', 'clone/node_modules'].map((folder) => join(root, folder)),
    );
  });

  it('are only their programs where keys lie beside them, with what these lead to', async () => {
    program('home/.cargo/bin/cargo');
    writeFileSync(join(home, '.cargo', 'credentials.toml'), 'token');
    program('home/.local/share/pipx/venvs/black/bin/black');
    mkdirSync(join(home, '.local', 'bin'), { recursive: true });
    symlinkSync(join(home, '.local/share/pipx/venvs/black/bin/black'), join(home, '.local', 'bin', 'black'));
    mkdirSync(join(home, '.rustup'));
    const PATH = `${join(home, '.cargo', 'bin')}:${join(home, '.local', 'bin')}`;
    expect(await found({ PATH })).toEqual(
      ['.rustup', '.cargo/bin', '.local/bin', '.local/share/pipx/venvs/black'].map((folder) => join(home, folder)),
    );
  });

  it('are told to those of their tools that look for them in the home', async () => {
    for (const folder of ['.rustup', '.volta']) mkdirSync(join(home, folder));
    const env = { PATH: '/usr/bin', VOLTA_HOME: '/elsewhere' };
    const { env: told } = await toolchains({ env, home, secret: [], extra: [] });
    expect(told).toEqual({ RUSTUP_HOME: join(home, '.rustup') });
  });

  it('are those that variables name, and those that the operator lists', async () => {
    for (const folder of ['jdk', 'extra']) mkdirSync(join(root, folder));
    const extra = [join(root, 'extra')];
    expect(await found({ JAVA_HOME: join(root, 'jdk'), GOROOT: join(root, 'gone') }, { extra })).toEqual([
      join(root, 'extra'),
      join(root, 'jdk'),
    ]);
  });

  it('are never the home, what is around it, a whole part of the system, or ours', async () => {
    program('home/bin/tool');
    program('data/bin/tool');
    const PATH = [join(home, 'bin'), join(root, 'data', 'bin'), '/bin', '/', 'relative'].join(':');
    const env = { PATH, JAVA_HOME: home, GOROOT: root, VIRTUAL_ENV: '/', CONDA_PREFIX: '/home', NVM_DIR: '/var' };
    const secret = [join(root, 'data')];
    const shown = await found(env, { secret, extra: [join(root, 'data', 'bin')] });
    expect(shown.filter((path) => !/^\/(usr\/)?s?bin$/.test(path))).toEqual([join(home, 'bin')]);
  });

  it('are shown by both their names where one is a link', async () => {
    program('opt/tool-1.2/bin/tool');
    symlinkSync(join(root, 'opt/tool-1.2'), join(root, 'tool'));
    expect(await found({ PATH: join(root, 'tool', 'bin') })).toEqual([join(root, 'tool'), join(root, 'opt/tool-1.2')]);
  });
});
