import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { anAgent } from '../testing/rows.fixture.js';
import { runFermata } from '../testing/run-fermata.fixture.js';

let home: string;
beforeAll(() => void (home = mkdtempSync(join(tmpdir(), 'fermata-cli-agent-'))));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let api: FakeApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

/** An API that saves what it is given. */
async function saving() {
  const given: unknown[] = [];
  api = await startFakeApi({
    saveAgent: ({ input }: { input: Record<string, unknown> }) => {
      given.push(input);
      return { agent: anAgent(input) };
    },
  });
  return { api, given };
}

describe('agent save', () => {
  it('makes an agent of a program that is known', async () => {
    const { api: at, given } = await saving();
    const { stdout, code } = await runFermata(['agent', 'save', 'cc', '--preset', 'claude-code', '--model', 'm'], {
      api: at,
    });
    expect(code).toBe(0);
    expect(given).toEqual([{ name: 'cc', model: 'm', runtime: 'acp', launch: { preset: 'claude-code' } }]);
    expect(stdout).toContain('acp (claude-code)');
  });

  it('makes an agent of any other program, from a file', async () => {
    const { api: at, given } = await saving();
    const file = join(home, 'mine.json');
    const launch = { command: '/opt/mine', args: ['--acp'], env: { KEY: '{{token}}' } };
    writeFileSync(file, JSON.stringify(launch));
    const { code } = await runFermata(['agent', 'save', 'mine', '--launch', file, '--model', 'm'], { api: at });
    expect(code).toBe(0);
    expect(given).toEqual([{ name: 'mine', model: 'm', runtime: 'acp', launch }]);
  });

  it('takes MCP servers as we keep them, and as other programs write them', async () => {
    const { api: at, given } = await saving();
    const file = join(home, 'mcp.json');
    const save = async (json: unknown) => {
      writeFileSync(file, JSON.stringify(json));
      return runFermata(['agent', 'save', 'x', '--mcp', file], { api: at });
    };
    const ours = [{ name: 'docs', transport: 'http', url: 'https://docs.example.org/mcp', headers: {} }];
    const [files, docs] = [
      { command: 'files', args: ['/srv'] },
      { type: 'streamable-http', url: 'https://d.example.org' },
    ];
    const { stdout } = await save(ours);
    expect(stdout).toContain('docs (https://docs.example.org/mcp)');
    await save({ mcpServers: { files, docs } });
    expect(given).toEqual([
      { name: 'x', mcpServers: ours },
      {
        name: 'x',
        mcpServers: [
          { name: 'files', transport: 'stdio', ...files },
          { name: 'docs', transport: 'http', url: 'https://d.example.org' },
        ],
      },
    ]);
  });

  it('takes a model policy from a file, and how much its models think', async () => {
    const { api: at, given } = await saving();
    const file = join(home, 'models.json');
    const modelPolicy = { fallback: ['gpt-5'] };
    writeFileSync(file, JSON.stringify(modelPolicy));
    const args = ['agent', 'save', 'x', '--model-policy', file, '--reasoning', 'high'];
    const { stdout } = await runFermata(args, { api: at });
    expect(given).toEqual([{ name: 'x', modelPolicy, reasoning: 'high' }]);
    expect(stdout).toMatch(/Model policy[\s\S]*"gpt-5"/);
    const wrong = await runFermata(['agent', 'save', 'x', '--reasoning', 'much'], { api: at });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('off, low, medium, high')]);
  });

  it('refuses two programs for one agent, and one that it does not know', async () => {
    const { api: at, given } = await saving();
    const both = await runFermata(['agent', 'save', 'x', '--preset', 'codex', '--launch', '-'], { api: at });
    expect(both.stderr).toContain('--preset or --launch');
    const own = await runFermata(['agent', 'save', 'x', '--login', 'own'], { api: at });
    expect([own.code, own.stderr]).toEqual([2, expect.stringContaining('--preset with --login')]);
    const unknown = await runFermata(['agent', 'save', 'x', '--preset', 'emacs'], { api: at });
    expect(unknown.stderr).toContain('claude-code, codex, gemini-cli, opencode');
    expect([both.code, unknown.code, given]).toEqual([2, 2, []]);
  });
});

describe('agent detect', () => {
  it('says what is installed, on PATH and missing, with versions and logins', async () => {
    const bin = join(home, 'global', 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    mkdirSync(join(home, '.codex'), { recursive: true });
    writeFileSync(join(home, '.codex', 'auth.json'), '{}');
    const answer = { jsonrpc: '2.0', id: 0, result: { agentCapabilities: { loadSession: true } } };
    writeFileSync(join(bin, 'codex-acp'), `#!/bin/sh\nread line\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
    writeFileSync(join(bin, 'kiro-cli'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(home, 'global', 'package.json'), '{"version":"0.9.0"}');
    const env = { HOME: home, PATH: `${bin}:${process.env['PATH'] ?? ''}`, FERMATA_AGENTS_DIR: join(home, 'agents') };
    const { stdout } = await runFermata(['agent', 'detect', '--json'], { env });
    const { programs } = JSON.parse(stdout) as { programs: { preset: string }[] };
    expect(programs.find(({ preset }) => preset === 'codex')).toEqual({
      ...{ preset: 'codex', title: 'Codex', state: 'on_path', version: '0.9.0', isOld: true, hasLogin: true },
      ...{ path: join(bin, 'codex-acp'), usesGateway: true, usesTerminals: false },
      can: { loadsSessions: true, takesImages: false, takesHttpServers: false },
    });
    expect(programs.find(({ preset }) => preset === 'opencode')).toMatchObject({ state: 'missing', hasLogin: false });
    expect(programs.find(({ preset }) => preset === 'kiro')).toMatchObject({ state: 'on_path', can: null });
    const text = await runFermata(['agent', 'detect'], { env });
    for (const hint of [
      'Install one: ',
      'Codex is older than what was tried: ',
      'Kiro CLI asks for its login: kiro-cli login',
      'Goose comes from its makers: https://',
    ])
      expect(text.stdout).toContain(hint);
  });
});
