import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FakeApi, validToken } from './fake-api.fixture.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  api?: FakeApi;
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'fermata-cli-'));
}

/** Runs the compiled command as its own process, in an environment of its own. */
export function runFermata(args: readonly string[], { api, env, cwd, input = '' }: RunOptions = {}): Promise<Ran> {
  const home = temporaryFolder();
  const child = spawn(process.execPath, [main, ...args], {
    cwd: cwd ?? home,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      FERMATA_HOME: join(home, 'data'),
      ...(api && { FERMATA_URL: api.url, FERMATA_TOKEN: validToken }),
      ...env,
    },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(input);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
}
