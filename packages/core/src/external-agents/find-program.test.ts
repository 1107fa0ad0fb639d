import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findProgram } from './find-program.js';

let root: string;
beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'fermata-find-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function program(path: string, mode = 0o755): string {
  const whole = join(root, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, '#!/bin/sh\n');
  chmodSync(whole, mode);
  return whole;
}

it('finds what was installed before what is on PATH, and the folder that it needs', async () => {
  program('agents/x/node_modules/pkg/x.js');
  mkdirSync(join(root, 'agents/x/node_modules/.bin'));
  symlinkSync('../pkg/x.js', join(root, 'agents/x/node_modules/.bin/x'));
  program('bin/x');
  const path = join(root, 'bin');
  expect(await findProgram('x', { agentsDirs: [join(root, 'agents/x')], path })).toEqual({
    ...{ path: join(root, 'agents/x/node_modules/.bin/x'), root: join(root, 'agents/x/node_modules') },
  });
  expect(await findProgram('x', { agentsDirs: [], path })).toEqual({ path: join(root, 'bin/x'), root: null });
});

it('knows where a linked program of npm really is', async () => {
  const real = program('global/lib/node_modules/pkg/y.js');
  mkdirSync(join(root, 'global/bin'), { recursive: true });
  symlinkSync(real, join(root, 'global/bin/y'));
  const found = await findProgram('y', { agentsDirs: [], path: `relative:${join(root, 'global/bin')}` });
  expect(found).toEqual({ path: join(root, 'global/bin/y'), root: join(root, 'global/lib/node_modules') });
});

it('never shows what lies beside the packages, as in a home that has some', async () => {
  program('home/node_modules/.bin/w');
  const found = await findProgram('w', { agentsDirs: [], path: join(root, 'home/node_modules/.bin') });
  expect(found?.root).toBe(join(root, 'home/node_modules'));
});

it('finds nothing where nothing can be run', async () => {
  program('plain/z', 0o644);
  expect(await findProgram('z', { agentsDirs: [], path: join(root, 'plain') })).toBeNull();
  expect(await findProgram(join(root, 'nowhere'), { agentsDirs: [], path: '' })).toBeNull();
});
