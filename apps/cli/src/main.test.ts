import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from './testing/fake-api.fixture.js';
import { aPage, aRepository, anOkrRun, ids } from './testing/rows.fixture.js';
import { runFermata, temporaryFolder } from './testing/run-fermata.fixture.js';

let api: FakeApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

/** What stdout holds is one JSON document and nothing else. */
const documentOf = (stdout: string) => JSON.parse(stdout) as Record<string, unknown>;

describe('the command line', () => {
  it('exits 2 for an unknown verb and lists those there are', async () => {
    const { code, stdout, stderr } = await runFermata(['fly']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/Unknown command 'fly'.*Verbs: up, down,.*inbox, approve/);
  });

  it('exits 2 without a verb, and names those of a family', async () => {
    expect(await runFermata([])).toMatchObject({ code: 2, stderr: expect.stringContaining('Verbs: up') as string });
    expect(await runFermata([])).toMatchObject({ stderr: expect.stringMatching(/submit a goal|inbox +/) as string });
    expect(await runFermata(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+/) as string,
    });
    const { code, stderr } = await runFermata(['okr']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'fermata: Say what to do. Verbs: list, show, report. See `fermata okr VERB --help`.\n',
    });
  });

  it.each([
    [['show'], /Missing required argument 'id'/],
    [['show', 'a', 'b'], /too many arguments/i],
    [['okr', 'list', '--limit', 'none'], /whole number above 0/],
    [['okr', 'list', '--state', 'flying'], /one of drafting, awaiting_approval/],
    [['go', 'a goal', '--budget', '-1'], /dollars above 0/],
    [['repo', 'add', '.', '--gate', 'npm test'], /name=command/],
    [['up', '--port', '70000'], /at most 65535/],
    [['status', '--fast'], /Unknown option '--fast'/],
  ])('exits 2 and says what is wrong with %j', async (args, message) => {
    const { code, stdout, stderr } = await runFermata(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('answers wrong usage with one JSON document when JSON is asked for', async () => {
    const { code, stdout, stderr } = await runFermata(['okr', 'list', '--limit', '0', '--json']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(documentOf(stdout)).toMatchObject({ error: { code: 'invalid_input', details: {} } });
  });

  it('shows its help on stdout and exits 0', async () => {
    const { code, stdout } = await runFermata(['go', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--budget <dollars>');
    expect(stdout).toContain('--json');
  });
});

describe('doctor', () => {
  it('does not take a file for a data directory', async () => {
    const home = join(temporaryFolder(), 'file');
    writeFileSync(home, '');
    const { stdout } = await runFermata(['doctor', '--json'], { env: { FERMATA_HOME: home } });
    const findings = JSON.stringify(documentOf(stdout));
    expect(findings).toContain(`${home} is no directory`);
  });
});

describe('the server', () => {
  it('exits 3 when none is known, naming the data directory', async () => {
    const home = join(temporaryFolder(), 'none');
    const { code, stderr } = await runFermata(['inbox'], { env: { FERMATA_HOME: home } });
    expect(code).toBe(3);
    expect(stderr).toContain(`No Fermata runs in ${home}. Start one with \`fermata up\``);
  });

  it('exits 3 when nothing answers, and says where the address is from', async () => {
    api = await startFakeApi({});
    const { url } = api;
    await api.close();
    api = undefined;
    const { code, stdout } = await runFermata(['status', '--json'], { env: { FERMATA_URL: url, FERMATA_TOKEN: 't' } });
    expect(code).toBe(3);
    const { error } = documentOf(stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe('unavailable');
    expect(error.message).toMatch(/ECONNREFUSED.*FERMATA_URL/);
  });

  it('exits 3 at once when the process that wrote the address is gone', async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'server.json'), JSON.stringify({ url: 'http://127.0.0.1:9', pid: 2 ** 22 + 1 }));
    writeFileSync(join(home, 'token'), 'token');
    const { code, stderr } = await runFermata(['inbox'], { env: { FERMATA_HOME: home } });
    expect(code).toBe(3);
    expect(stderr).toContain('gone without having been stopped');
  });

  it('exits 4 for a wrong token and says which file it is from', async () => {
    api = await startFakeApi({});
    const home = temporaryFolder();
    writeFileSync(join(home, 'server.json'), JSON.stringify({ url: api.url, pid: process.pid }));
    writeFileSync(join(home, 'token'), 'wrong\n');
    const { code, stderr } = await runFermata(['inbox'], { env: { FERMATA_HOME: home } });
    expect(code).toBe(4);
    expect(stderr).toContain(`does not accept the token from ${join(home, 'token')}`);
  });

  it('tells no other server the token of this machine', async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'token'), 'secret');
    const env = { FERMATA_HOME: home, FERMATA_URL: 'http://fermata.invalid' };
    const { code, stderr } = await runFermata(['inbox'], { env });
    expect(code).toBe(4);
    expect(stderr).toContain('set FERMATA_TOKEN');
  });

  it('exits 3 when what answers is no Fermata', async () => {
    const other = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await runFermata(['inbox'], { env: { FERMATA_URL: url, FERMATA_TOKEN: 't' } });
    other.close();
    expect(code).toBe(3);
    expect(stderr).toContain(`What answers at ${url} (HTTP 200) is no Fermata`);
  });

  it('passes the API’s refusal on: its code, its sentence, exit 1', async () => {
    api = await startFakeApi({
      okrRun: () => {
        throw new DomainError('not_found', 'there is no OKR run okr_x', { id: 'okr_x' });
      },
    });
    const { code, stdout, stderr } = await runFermata(['okr', 'show', 'okr_x', '--json'], { api });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(documentOf(stdout)).toEqual({
      error: { code: 'not_found', message: 'there is no OKR run okr_x', details: { id: 'okr_x' } },
    });
  });

  it('exits 4 when the token’s role may not do it', async () => {
    api = await startFakeApi({
      pauseRun: () => {
        throw new DomainError('forbidden', 'you are a viewer and need the role operator');
      },
    });
    const { code, stderr } = await runFermata(['pause', ids.run], { api });
    expect({ code, stderr }).toEqual({ code: 4, stderr: 'fermata: you are a viewer and need the role operator\n' });
  });
});

describe('output', () => {
  it('is one JSON document with --json, whatever the verb', async () => {
    const repositories = [aRepository(), aRepository({ id: `${ids.repository.slice(0, -1)}2`, name: 'bank' })];
    api = await startFakeApi({
      repositories: () => aPage(repositories),
      okrRun: () => anOkrRun(),
      approvals: () => aPage([]),
      okrRuns: () => aPage([anOkrRun()]),
    });
    for (const args of [['repo', 'list'], ['show', ids.run], ['inbox'], ['okr', 'list']]) {
      const { code, stdout, stderr } = await runFermata([...args, '--json'], { api });
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
      expect(Object.keys(documentOf(stdout))).toHaveLength(1);
    }
  });

  it('has no colours and at most 80 columns where there is no terminal', async () => {
    api = await startFakeApi({
      okrRuns: () => aPage([anOkrRun({ objective: { id: 'o', title: 'long '.repeat(40) } })]),
    });
    const { stdout } = await runFermata(['okr', 'list'], { api });
    expect(stdout).toContain('long');
    expect(stdout).not.toContain('\u001b');
    expect(Math.max(...stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80);
  });

  it('reads lists to their end, page by page', async () => {
    const pages: Record<string, unknown> = { first: aPage([aRepository()], 'second'), second: aPage([aRepository()]) };
    api = await startFakeApi({ repositories: ({ after }: { after?: string }) => pages[after ?? 'first'] });
    const { stdout } = await runFermata(['repo', 'list', '--json'], { api });
    expect(documentOf(stdout)['repositories']).toHaveLength(2);
  });
});

it('examines the machine: exit 1 and the way out for what is missing', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  const env = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: folder, ANTHROPIC_API_KEY: 'sk-secret' };
  const { code, stdout } = await runFermata(['doctor', '--json'], { env });
  expect(code).toBe(1);
  expect(stdout).not.toContain('sk-secret');
  const { checks } = documentOf(stdout) as { checks: { name: string; state: string; hint?: string }[] };
  const states = Object.fromEntries(checks.map(({ name, state }) => [name, state]));
  expect(states).toMatchObject({ node: 'ok', git: 'fail', temporal: 'fail', disk: 'ok', 'model provider': 'ok' });
  for (const { state, hint } of checks) if (state === 'fail') expect(hint).toBeTruthy();
});

it('says that nothing runs when there is nothing to stop', async () => {
  const { code, stdout } = await runFermata(['down', '--json']);
  expect(code).toBe(0);
  expect(documentOf(stdout)).toMatchObject({ stopped: false });
});
