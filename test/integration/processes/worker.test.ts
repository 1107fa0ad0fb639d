import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findCaller } from '@fermata/database';
import { acquireLock } from '@fermata/stack';
import { afterEach, describe, expect, it } from 'vitest';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const built = (path: string) => fileURLToPath(new URL(`../../../apps/${path}`, import.meta.url));
const endings: (() => void)[] = [];
afterEach(() => endings.splice(0).forEach((end) => end()));

function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fermata-processes-'));
  endings.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a second worker in one data directory', () => {
  it('says who has it and what to do, and ends', async () => {
    const dataDir = temporaryFolder();
    const lock = await acquireLock(join(dataDir, 'worker-lock'));
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
      FERMATA_DATA_DIR: dataDir,
    };
    const { code, stderr } = await ended(spawn(process.execPath, [built('worker/dist/main.js')], { env }));
    if (lock.acquired) lock.release();
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${process.pid}`);
    expect(stderr).toContain('FERMATA_DATA_DIR');
  });
});

describe('a worker that must contain what agents run', () => {
  it('does not start where it cannot, and says why and what to do', async () => {
    const env = {
      ...{ PATH: '/nowhere', FERMATA_SANDBOX: 'required', FERMATA_DATA_DIR: temporaryFolder() },
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    };
    const { code, stderr } = await ended(spawn(process.execPath, [built('worker/dist/main.js')], { env }));
    expect(code).toBe(1);
    expect(stderr).toContain('bubblewrap is not on PATH');
    expect(stderr).toContain('FERMATA_SANDBOX to "auto"');
  });
});

/** A program of ours that does what `endWithStdin` of the part says, and nothing else. It says when it is ready. */
const serviceOf = (part: 'api' | 'worker', { patienceMs, onTerm }: { patienceMs: number; onTerm: string }): string => `
  import { endWithStdin } from ${JSON.stringify(built(`${part}/dist/end-with-stdin.js`))};
  ${onTerm && `process.on('SIGTERM', () => { ${onTerm} });`}
  endWithStdin(${patienceMs});
  setInterval(() => undefined, 1000);
  console.log(process.pid);`;

describe.each(['api', 'worker'] as const)('the %s whose supervisor is gone', (part) => {
  async function supervised(options: { patienceMs: number; onTerm: string }) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', serviceOf(part, options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    endings.push(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    await once(createInterface({ input: child.stdout }), 'line');
    return { child, exited };
  }

  it('ends, because its standard input closes', async () => {
    const service = serviceOf(part, { patienceMs: 60_000, onTerm: '' });
    const supervisor = `
      import { spawn } from 'node:child_process';
      const child = spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(service)}], { stdio: ['pipe', 'inherit', 'inherit'] });
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', supervisor], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    endings.push(() => void parent.kill('SIGKILL'));
    const pid = await new Promise<number>((resolve) =>
      createInterface({ input: parent.stdout }).once('line', (line) => resolve(Number(line))),
    );
    endings.push(() => void (isAlive(pid) && process.kill(pid, 'SIGKILL')));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  });

  it('is killed after the deadline when it does not end on SIGTERM', async () => {
    const { child, exited } = await supervised({ patienceMs: 1_000, onTerm: "console.log('no');" });
    const startedAt = performance.now();
    child.stdin.end();
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(performance.now() - startedAt).toBeGreaterThan(900);
  });

  it('has until the deadline to put its work down', async () => {
    const { child, exited } = await supervised({
      patienceMs: 60_000,
      onTerm: 'setTimeout(() => process.exit(7), 300);',
    });
    child.stdin.end();
    expect(await exited).toEqual([7, null]);
  });
});

describe('setting up', () => {
  it('puts the first token where only its owner can read it, keeps one that works and replaces one that does not', async () => {
    const tokenFile = join(temporaryFolder(), 'token');
    const setUp = () =>
      ended(
        spawn(process.execPath, [built('api/dist/setup.js')], {
          env: { PATH: process.env['PATH'], DATABASE_URL: held.url, FERMATA_TOKEN_FILE: tokenFile },
        }),
      );
    const first = await setUp();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const token = readFileSync(tokenFile, 'utf8').trim();
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    expect(first.stdout).not.toContain(token);
    expect(await findCaller(held.database, token)).toMatchObject({ role: 'admin' });
    await setUp();
    expect(readFileSync(tokenFile, 'utf8').trim()).toBe(token);
    writeFileSync(tokenFile, 'frm_lost\n', { mode: 0o644 });
    await setUp();
    expect(await findCaller(held.database, readFileSync(tokenFile, 'utf8').trim())).toMatchObject({ role: 'admin' });
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(tokenFile, '..'))).toEqual(['token']);
  });

  it('makes the file of keys once, unless the keys are a setting', async () => {
    const folder = temporaryFolder();
    const [tokenFile, keyFile] = [join(folder, 'token'), join(folder, 'secret-keys.json')];
    const setUp = (keys?: string) =>
      ended(
        spawn(process.execPath, [built('api/dist/setup.js')], {
          env: {
            ...{ PATH: process.env['PATH'], DATABASE_URL: held.url, FERMATA_TOKEN_FILE: tokenFile },
            ...{ FERMATA_SECRET_KEYS_FILE: keyFile, FERMATA_SECRET_KEYS: keys },
          },
        }),
      );
    const bad = await setUp('one:too-short');
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/^FERMATA_SECRET_KEYS cannot be used: key 1 is not 32 bytes in base64\.\n$/);
    expect((await setUp(`one:${Buffer.alloc(32).toString('base64')}`)).code).toBe(0);
    expect(readdirSync(folder)).toEqual(['token']);
    expect((await setUp()).code).toBe(0);
    const keys = readFileSync(keyFile, 'utf8');
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect((await setUp()).code).toBe(0);
    expect(readFileSync(keyFile, 'utf8')).toBe(keys);
  });
});
