import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installAgent, isAgentInstalled } from './install-agent.js';

let agentsDir: string;
beforeEach(() => void (agentsDir = mkdtempSync(join(tmpdir(), 'fermata-agents-'))));
afterEach(() => rmSync(agentsDir, { recursive: true, force: true }));

/** An npm that does what a test says, in the folder that it is called in. */
function npmThat(script: string): Record<string, string> {
  const bin = join(agentsDir, '.bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho "$@" >> ${agentsDir}/calls\n${script}\n`, { mode: 0o755 });
  return { PATH: `${bin}:/usr/bin:/bin` };
}

const install = (env: Record<string, string>, preset: 'codex' | 'opencode' = 'codex') =>
  installAgent({ preset, agentsDir, env });
const calls = () => readFileSync(join(agentsDir, 'calls'), 'utf8').trim().split('\n');

describe('the program of an agent', () => {
  it('is installed once, in the version that was tried, without scripts of packages', async () => {
    const env = npmThat('mkdir -p node_modules/.bin && touch node_modules/.bin/codex-acp && echo "{}" > package.json');
    expect(await install(env)).toEqual({ folder: join(agentsDir, 'codex'), isNew: true });
    expect(existsSync(join(agentsDir, 'codex', 'node_modules', '.bin', 'codex-acp'))).toBe(true);
    expect(await isAgentInstalled({ preset: 'codex', agentsDir })).toBe(true);
    expect(await install(env)).toMatchObject({ isNew: false });
    expect(calls()).toEqual([expect.stringContaining('install --ignore-scripts')]);
  });

  it('runs the scripts of those packages alone that do not work without', async () => {
    await install(npmThat('exit 0'), 'opencode');
    expect(calls()[1]).toBe('rebuild --foreground-scripts opencode-ai');
  });

  it('is installed anew when another version was tried since', async () => {
    const env = npmThat('exit 0');
    await install(env);
    writeFileSync(join(agentsDir, 'codex', 'package.json'), '{"dependencies":{"old":"1.0.0"}}');
    expect(await isAgentInstalled({ preset: 'codex', agentsDir })).toBe(false);
    expect(await install(env)).toMatchObject({ isNew: true });
  });

  it('that npm cannot install is not there by half, and what npm said is told', async () => {
    const env = npmThat('mkdir node_modules; echo "no such package" >&2; exit 1');
    await expect(install(env)).rejects.toMatchObject({
      code: 'command_failed',
      message: expect.stringContaining('exit code 1): no such package') as unknown,
    });
    expect(readdirSync(agentsDir).toSorted()).toEqual(['.bin', 'calls']);
  });

  it('that failed to come anew leaves the one that was there', async () => {
    mkdirSync(join(agentsDir, 'codex'));
    writeFileSync(join(agentsDir, 'codex', 'kept'), '');
    await expect(install(npmThat('exit 7'))).rejects.toMatchObject({ code: 'command_failed' });
    expect(existsSync(join(agentsDir, 'codex', 'kept'))).toBe(true);
  });

  it('needs npm, and says so', async () => {
    await expect(install({ PATH: '/nonexistent' })).rejects.toMatchObject({ code: 'missing_program' });
  });
});
