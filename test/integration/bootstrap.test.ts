import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepare } from '../../scripts/bootstrap/prepare.mjs';
import { createProgress } from '../../scripts/bootstrap/progress.mjs';
import { runLogged } from '../../scripts/bootstrap/run-logged.mjs';
import { buildStep, generateStep, installStep, type Step } from '../../scripts/bootstrap/steps.mjs';
import { missingOptionalPackages } from '../../scripts/complete-lock.mjs';
import { provisionTemporal } from '../../scripts/provision-temporal.mjs';

const repository = dirname(dirname(import.meta.dirname));

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fermata-bootstrap-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(path: string, text: string): string {
  const whole = join(home, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  return whole;
}

function writeProgram(path: string, script: string): string {
  const whole = write(path, `#!/bin/sh\n${script}\n`);
  chmodSync(whole, 0o755);
  return whole;
}

/** A clone in which `npm`, `tsc`, the bundler and `generate` only write down that they ran. */
function writeClone(): { steps: Step[]; ran: () => string[] } {
  const journal = join(home, 'journal');
  write('package-lock.json', '{"packages":{"":{},"node_modules/a":{"version":"1.0.0"}}}');
  write('prisma/schema.prisma', 'model A {}');
  write('packages/one/tsconfig.json', '{}');
  write('packages/one/src/index.ts', 'export const one = 1;');
  const note = (what: string): string => `require('fs').appendFileSync(${JSON.stringify(journal)}, '${what}\\n');`;
  write(
    'scripts/generate.mjs',
    `import fs from 'node:fs'; fs.appendFileSync(${JSON.stringify(journal)}, 'generate\\n'); fs.mkdirSync('packages/database/src/generated', { recursive: true });`,
  );
  const npm = write(
    'npm-cli.js',
    `const fs = require('fs'); ${note('install')}
     fs.mkdirSync('node_modules/.bin', { recursive: true }); fs.mkdirSync('node_modules/typescript/bin', { recursive: true });
     if (!fs.existsSync('node_modules/.bin/node')) fs.symlinkSync(process.execPath, 'node_modules/.bin/node');
     fs.writeFileSync('node_modules/typescript/bin/tsc', ${JSON.stringify(`${note('build')} require('fs').mkdirSync('packages/one/dist', { recursive: true });`)});`,
  );
  write('apps/worker/dist/build-bundle.js', note('bundle'));
  const clone = { root: home, logs: join(home, 'state'), env: { PATH: process.env['PATH'], npm_execpath: npm } };
  const steps = [installStep(clone), generateStep(clone), buildStep(clone)];
  const ran = (): string[] => {
    const lines = existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : [];
    rmSync(journal, { force: true });
    return lines;
  };
  return { steps, ran };
}

const silent = createProgress({ write: () => true } as unknown as NodeJS.WritableStream, {});

async function prepareClone(steps: readonly Step[]): Promise<void> {
  await prepare({
    root: home,
    state: join(home, 'state'),
    steps,
    progress: silent,
    signal: new AbortController().signal,
  });
}

describe('making a clone ready', () => {
  it('does everything once, and nothing the second time', async () => {
    const { steps, ran } = writeClone();
    await prepareClone(steps);
    expect(ran()).toEqual(['install', 'generate', 'build', 'bundle']);
    await prepareClone(steps);
    expect(ran()).toEqual([]);
  });

  it('repeats exactly what a change made stale', async () => {
    const { steps, ran } = writeClone();
    await prepareClone(steps);
    ran();
    write('packages/one/src/index.ts', 'export const one = 11;');
    await prepareClone(steps);
    expect(ran()).toEqual(['build', 'bundle']);
    write('packages/one/src/more/added.ts', '');
    await prepareClone(steps);
    expect(ran()).toEqual(['build', 'bundle']);
    write('prisma/schema.prisma', 'model B {}');
    await prepareClone(steps);
    expect(ran()).toEqual(['generate']);
    write('package-lock.json', '{"packages":{"":{},"node_modules/a":{"version":"2.0.0"}}}');
    await prepareClone(steps);
    expect(ran()).toEqual(['install', 'generate', 'build', 'bundle']);
  });

  it('repeats what was deleted', async () => {
    const { steps, ran } = writeClone();
    await prepareClone(steps);
    ran();
    rmSync(join(home, 'packages/one/dist'), { recursive: true });
    await prepareClone(steps);
    expect(ran()).toEqual(['build', 'bundle']);
    rmSync(join(home, 'node_modules'), { recursive: true });
    await prepareClone(steps);
    expect(ran()).toContain('install');
  });

  it('does not install again what npm was run for by hand', async () => {
    const { steps, ran } = writeClone();
    await prepareClone(steps);
    rmSync(join(home, 'state'), { recursive: true });
    write('node_modules/.package-lock.json', '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
    ran();
    await prepareClone(steps);
    expect(ran()).toEqual(['generate', 'build', 'bundle']);
    write('package-lock.json', '{"packages":{"":{},"node_modules/a":{"version":"1.0.1"}}}');
    await prepareClone(steps);
    expect(ran()).toContain('install');
  });

  it('shows the end of the log of a step that failed, and does it again the next time', async () => {
    const { steps, ran } = writeClone();
    await prepareClone(steps);
    ran();
    write('node_modules/typescript/bin/tsc', `console.log('error TS2322: not assignable'); process.exit(2);`);
    write('packages/one/src/index.ts', 'broken');
    const error: unknown = await prepareClone(steps).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('error TS2322: not assignable');
    expect(String(error)).toContain(join(home, 'state', 'build.log'));
    await expect(prepareClone(steps)).rejects.toMatchObject({ code: 'step_failed' });
  });

  it('is done by one when two start at once', async () => {
    const { steps, ran } = writeClone();
    await Promise.all([prepareClone(steps), prepareClone(steps)]);
    expect(ran()).toEqual(['install', 'generate', 'build', 'bundle']);
  });

  it('does not take what was killed half-way for done', async () => {
    const { steps, ran } = writeClone();
    await prepareClone(steps);
    ran();
    rmSync(join(home, 'node_modules', 'typescript'), { recursive: true });
    rmSync(join(home, 'node_modules', '.bin'), { recursive: true });
    const [install] = steps;
    const killed = { ...install!, run: async () => Promise.reject(new Error('killed')) };
    await expect(prepareClone([killed])).rejects.toThrow('killed');
    mkdirSync(join(home, 'node_modules', '.bin'));
    symlinkSync(process.execPath, join(home, 'node_modules', '.bin', 'node'));
    await prepareClone(steps);
    expect(ran()).toEqual(['install']);
  });

  it('begins a step that needs no other at once, ends it when another fails, and reports its failure in its turn', async () => {
    const order: string[] = [];
    const made = new Set<string>();
    const step = (name: string, run: Step['run']): Step => ({
      name,
      title: name,
      needsBytes: 0,
      stamp: () => name,
      isFresh: () => made.has(name),
      run,
    });
    const slow: Step = {
      ...step('slow', async (_, signal) => {
        order.push('slow begins');
        await Promise.race([once(signal, 'abort'), new Promise((done) => setTimeout(done, 200))]);
        order.push(signal.aborted ? 'slow is ended' : 'slow is done');
        made.add('slow');
      }),
      settle: async () => made.has('slow'),
    };
    await expect(
      prepareClone([step('first', async () => Promise.reject(new Error('first failed'))), slow]),
    ).rejects.toThrow('first failed');
    expect(order.splice(0)).toEqual(['slow begins', 'slow is ended']);
    made.clear();
    await prepareClone([step('first', async () => void order.push('first is done')), slow]);
    expect(order).toEqual(['slow begins', 'first is done', 'slow is done']);
    made.clear();
    const failing = { ...slow, run: async () => Promise.reject(new Error('slow failed')) };
    await expect(prepareClone([step('first', async () => void order.push('first again')), failing])).rejects.toThrow(
      'slow failed',
    );
    expect(order).toContain('first again');
  });

  it('falls back to what an incomplete lock file lists', async () => {
    const { steps } = writeClone();
    const npm = join(home, 'npm-cli.js');
    const works = readFileSync(npm, 'utf8');
    writeFileSync(
      npm,
      `if (process.argv[2] === 'ci') { console.error('npm error code EUSAGE'); process.exit(1); }\n${works}`,
    );
    await prepareClone(steps);
    expect(readFileSync(join(home, 'state', 'install.log'), 'utf8')).toContain('install --no-save');
  });

  it('says that the disk is full when a program says so', async () => {
    const log = join(home, 'log');
    const program = writeProgram('full', 'echo "npm error ENOSPC: no space left on device"; exit 1');
    const failed = runLogged({ title: 'it', program, args: [], cwd: home, log, env: process.env });
    await expect(failed).rejects.toMatchObject({ code: 'disk_full' });
  });
});

describe('the command line of the bootstrap', () => {
  const bootstrap = join(repository, 'scripts', 'bootstrap.mjs');

  it('names the targets when asked for another, with nothing on stdout', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bootstrap, 'nonsense'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('demo, start, test, cli');
  });

  it('says so when there is no git', () => {
    const { status, stderr } = spawnSync(process.execPath, [bootstrap, 'cli'], {
      encoding: 'utf8',
      env: { PATH: home },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('git is not on PATH');
  });

  it.each([
    ['has not been set up', false],
    ['was set up by another', true],
  ])('says without a stack trace that a clone cannot be written that %s', (_, begun) => {
    for (const part of ['scripts', 'packages/stack/src/temporal', 'packages/stack/src/processes'])
      cpSync(join(repository, part), join(home, part), { recursive: true });
    if (begun) mkdirSync(join(home, '.fermata', 'bootstrap'), { recursive: true });
    const folders = [home, ...(begun ? [join(home, '.fermata'), join(home, '.fermata', 'bootstrap')] : [])];
    for (const folder of folders) chmodSync(folder, 0o555);
    // Nothing is refused to root.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(home, 'scripts', 'bootstrap.mjs'), 'start'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home },
      ...nobody,
    });
    for (const folder of folders) chmodSync(folder, 0o755);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(join(home, '.fermata'));
    expect(stderr).toContain('Make it writable for this user, or clone again');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('is reached by the launcher through a link from anywhere', () => {
    const link = join(home, 'fermata');
    symlinkSync(join(repository, 'fermata'), link);
    writeProgram('bin/node', 'echo "node $*"; exit 7');
    const { status, stdout } = spawnSync(link, ['inbox', '--json'], {
      encoding: 'utf8',
      env: { PATH: `${join(home, 'bin')}:/usr/bin:/bin` },
    });
    expect(stdout.trim()).toBe(`node ${bootstrap} --prepare cli inbox --json`);
    expect(status).toBe(7);
  });

  it('is told by the launcher how it was called: by its path, or by its name where that is enough', () => {
    writeProgram('bin/node', 'echo "$FERMATA_CALLED_AS"; exit 7');
    symlinkSync(join(repository, 'fermata'), join(home, 'fermata'));
    const calledBy = (command: string, path = '') =>
      spawnSync('/bin/sh', ['-c', `${command} inbox`], {
        ...{ cwd: home, encoding: 'utf8' },
        env: { PATH: `${path}${join(home, 'bin')}:/usr/bin:/bin` },
      }).stdout.trim();
    expect(calledBy('./fermata')).toBe('./fermata');
    expect(calledBy(join(home, 'fermata'))).toBe(join(home, 'fermata'));
    expect(calledBy('fermata', `${home}:`)).toBe('fermata');
  });
});

describe('the lock file', () => {
  it('has an entry for every optional package, so that `npm ci` takes it on every platform', () => {
    const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, object>;
    };
    expect(missingOptionalPackages(lock)).toEqual([]);
    const incomplete = { packages: { 'node_modules/x': { optionalDependencies: { '@x/darwin-arm64': '1.2.3' } } } };
    expect(missingOptionalPackages(incomplete)).toEqual([
      {
        path: 'node_modules/@x/darwin-arm64',
        entry: { version: '1.2.3', optional: true, os: ['darwin'], cpu: ['arm64'] },
      },
    ]);
  });
});

describe('fetching the Temporal server', () => {
  let server: Server;
  let requests: string[];
  let answer: Buffer | null;

  beforeEach(async () => {
    requests = [];
    answer = null;
    server = createServer((request, response) => {
      requests.push(String(request.url));
      response.writeHead(answer === null ? 404 : 200).end(answer ?? '');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => void server.close());

  function archiveOf(script: string): Buffer {
    writeProgram('archive/temporal', script);
    spawnSync('tar', ['-czf', join(home, 'temporal.tar.gz'), '-C', join(home, 'archive'), 'temporal']);
    return readFileSync(join(home, 'temporal.tar.gz'));
  }
  const speaksTemporal = 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"';
  const options = (path = '/usr/bin:/bin'): Parameters<typeof provisionTemporal>[0] => ({
    cacheDir: join(home, 'cache'),
    env: { PATH: path, HOME: home },
    downloadBase: `http://127.0.0.1:${(server.address() as { port: number }).port}/archive`,
  });

  it('takes the official archive for this machine once, and the checked copy from then on', async () => {
    answer = archiveOf(speaksTemporal);
    const path = join(home, 'cache', 'temporal');
    expect(await provisionTemporal(options())).toEqual({ path, source: 'download' });
    expect(requests[0]).toMatch(/^\/archive\/v1\.5\.1\?platform=(linux|darwin)&arch=(amd64|arm64)$/);
    expect(await provisionTemporal(options())).toEqual({ path, source: 'cache' });
    expect(requests).toHaveLength(1);
  });

  it('fetches it once when two want it at the same time', async () => {
    answer = archiveOf(speaksTemporal);
    const both = await Promise.all([provisionTemporal(options()), provisionTemporal(options())]);
    expect(both.map(({ source }) => source).sort()).toEqual(['cache', 'download']);
    expect(requests).toHaveLength(1);
  });

  it('fetches it again when the copy was damaged', async () => {
    answer = archiveOf(speaksTemporal);
    const { path } = await provisionTemporal(options());
    appendFileSync(path, 'damage');
    expect(await provisionTemporal(options())).toEqual({ path, source: 'download' });
    const later = new Date(Date.now() + 60_000);
    utimesSync(path, later, later);
    expect(await provisionTemporal(options())).toEqual({ path, source: 'cache' });
  });

  it('builds it with Go when the archive is damaged or missing', async () => {
    answer = archiveOf(speaksTemporal).subarray(0, 60);
    const bin = join(home, 'bin');
    writeProgram(
      'bin/go',
      `echo "go: downloading something" >&2; [ "$1" = install ] || exit 9; cp "${writeProgram('made', speaksTemporal)}" "$GOBIN/temporal"`,
    );
    const seen: string[] = [];
    const found = await provisionTemporal({
      ...options(`${bin}:/usr/bin:/bin`),
      onProgress: (detail) => seen.push(detail),
    });
    expect(found.source).toBe('go');
    expect(seen).toContain('fetched the sources of 1 modules');
    expect(readdirSync(join(home, 'cache')).sort()).toEqual(['checked.json', 'lock', 'temporal']);
  });

  it('names every choice when nothing works, and leaves nothing half-made', async () => {
    const bin = join(home, 'bin');
    writeProgram('bin/go', 'echo "go: module lookup disabled" >&2; exit 1');
    const error: unknown = await provisionTemporal(options(`${bin}:/usr/bin:/bin`)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'missing_program' });
    for (const part of ['HTTP status 404', 'module lookup disabled', 'on PATH', 'TEMPORAL_ADDRESS', 'install Go'])
      expect(String(error)).toContain(part);
    expect(readdirSync(join(home, 'cache'))).toEqual(['lock']);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    writeProgram('bin/go', 'exec sleep 60');
    const work = provisionTemporal({
      ...options(`${join(home, 'bin')}:/usr/bin:/bin`),
      signal: abort.signal,
      onProgress: (detail) => detail.startsWith('building') && setTimeout(() => abort.abort(), 50),
    });
    await expect(work).rejects.toThrow();
    expect(readdirSync(join(home, 'cache'))).toEqual(['lock']);
  });
});

describe('passing a target on', () => {
  it('hands its exit code and its signals through', async () => {
    const script = `const { runTarget } = await import(${JSON.stringify(join(repository, 'scripts/bootstrap/run-target.mjs'))});
      await runTarget({ program: process.execPath, args: ['-e', process.argv[1]], env: process.env });`;
    const run = (target: string): ReturnType<typeof spawn> =>
      spawn(process.execPath, ['--input-type=module', '-e', script, target], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(await once(run('process.exit(5)'), 'exit')).toEqual([5, null]);
    expect(await once(run('process.kill(process.pid, "SIGKILL")'), 'exit')).toEqual([null, 'SIGKILL']);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const child = run(
        `process.on('${signal}', () => process.exit(9)); console.log('up'); setInterval(() => {}, 1000);`,
      );
      await once(child.stdout!, 'data');
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([9, null]);
    }
  });
});
