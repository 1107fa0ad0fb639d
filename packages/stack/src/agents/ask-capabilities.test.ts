import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askCapabilities } from './ask-capabilities.js';

const ask = (script: string, timeoutMs = 20_000) =>
  askCapabilities({
    command: process.execPath,
    args: ['-e', script],
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs,
  });

const answering = (result: string) =>
  `process.stdin.once('data', (line) => { const { id, method } = JSON.parse(line); if (method !== 'initialize') throw 1;
   console.log('Welcome!'); console.log(JSON.stringify({ jsonrpc: '2.0', id, result: ${result} })); });`;

describe('what a program can do', () => {
  it('is what it says, with noise before it', async () => {
    const can = '{ agentCapabilities: { loadSession: true, mcpCapabilities: { http: true } } }';
    expect(await ask(answering(can))).toEqual({ loadsSessions: true, takesImages: false, takesHttpServers: true });
  });

  it.each([
    ['ends', 'process.exit(1)'],
    ['does not speak', 'setTimeout(() => {}, 60_000)'],
    ['prints what is no answer', `console.log('{"id":0}'); console.log('null'); setTimeout(() => {}, 60_000)`],
  ])('is not known of one that %s', async (_what, script) => {
    const at = Date.now();
    expect(await ask(script, 1_000)).toBeNull();
    expect(Date.now() - at).toBeLessThan(10_000);
  });

  it('is not known of one that is not there', async () => {
    expect(await askCapabilities({ command: '/nonexistent/agent', args: [], env: {}, timeoutMs: 1_000 })).toBeNull();
  });

  it('is asked in an empty home, and nothing that it has started goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fermata-asked-'));
    try {
      const script = `const { readdirSync, writeFileSync } = require('node:fs');
        const child = require('node:child_process').spawn('sleep', ['977'], { stdio: 'ignore' });
        writeFileSync(${JSON.stringify(join(folder, 'seen'))}, JSON.stringify([readdirSync(process.env.HOME), child.pid]));
        ${answering('{ agentCapabilities: {} }')}`;
      expect(await ask(script)).not.toBeNull();
      const [seen, pid] = JSON.parse(readFileSync(join(folder, 'seen'), 'utf8')) as [string[], number];
      expect(seen).toEqual([]);
      await expect.poll(() => isRunning(pid)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** One that has ended, and that nobody has asked about yet, is not running. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}
