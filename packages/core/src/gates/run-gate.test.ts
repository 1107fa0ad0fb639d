import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scrubbedEnvironment } from '../processes/index.js';
import { type GateRun, runGate } from './index.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fermata-gate-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const run = (command: string, options: Partial<GateRun> & { timeoutMs?: number } = {}) => {
  const { timeoutMs = 50_000, ...rest } = options;
  const env = scrubbedEnvironment(process.env);
  return runGate({ name: 'test', command, timeoutMs }, { cwd, env, signal: new AbortController().signal, ...rest });
};

describe('a gate', () => {
  it('passes when it exits 0, and shows what it prints as it comes', async () => {
    const seen: string[] = [];
    const result = await run('echo one; echo two >&2', { onOutput: (chunk) => seen.push(chunk) });
    expect(result).toMatchObject({
      name: 'test',
      state: 'passed',
      exitCode: 0,
      tail: 'one\ntwo',
      output: 'one\ntwo\n',
    });
    expect(result.durationMs).toBeGreaterThan(0);
    expect(seen.join('')).toBe('one\ntwo\n');
  });

  it('fails when it exits otherwise, or is killed', async () => {
    expect(await run('echo bad; exit 1')).toMatchObject({ state: 'failed', exitCode: 1, tail: 'bad' });
    const killed = await run('kill -9 $$');
    expect(killed).toMatchObject({ state: 'failed', exitCode: null });
    expect(killed.tail).toContain('ended by signal SIGKILL');
  });

  it('has not run when its program is missing or no program, or its folder is gone', async () => {
    const missing = await run('no-such-program-here --test');
    expect(missing).toMatchObject({ state: 'not_run', exitCode: 127 });
    expect(missing.tail).toContain('no-such-program-here');
    expect(await run('/dev/null')).toMatchObject({ state: 'not_run', exitCode: 126 });
    const lost = await run('true', { cwd: join(cwd, 'gone') });
    expect(lost).toMatchObject({ state: 'not_run', exitCode: null });
    expect(lost.tail).toContain('The gate could not be started');
  });

  it('that never ends is ended with everything it started', async () => {
    const result = await run('echo waiting; sleep 300 & echo $! > pid; wait', { timeoutMs: 700 });
    expect(result).toMatchObject({ state: 'timed_out', exitCode: null });
    expect(result.tail).toBe('waiting\n[ended: it took longer than its 0.7 s]');
    expect(() => process.kill(Number(readFileSync(join(cwd, 'pid'), 'utf8')), 0)).toThrow();
  });

  it('that refuses to end does not pass because it exits 0 in the end', async () => {
    const result = await run("trap 'exit 0' TERM; while :; do sleep 0.1; done", { timeoutMs: 500 });
    expect(result).toMatchObject({ state: 'timed_out', exitCode: null });
  });

  it('that prints 50 MB is stored with its beginning and its end', async () => {
    const result = await run('echo first; yes 0123456789 | head -c 50000000; echo; echo last; exit 1');
    expect(result.state).toBe('failed');
    expect(Buffer.byteLength(result.output)).toBeLessThan(1024 * 1024 + 100);
    expect(result.output).toMatch(/^first\n/);
    expect(result.output).toMatch(/last\n$/);
    expect(result.output).toMatch(/\d+ bytes cut/);
    expect(result.tail.length).toBeLessThanOrEqual(8_000);
    expect(result.tail).toMatch(/^0123456789\n[^]*last$/);
  });

  it('throws when it is aborted, before or while it runs', async () => {
    await expect(run('true', { signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow('over');
    const abort = new AbortController();
    const running = run('echo begun; sleep 300', {
      signal: abort.signal,
      onOutput: () => abort.abort(new Error('stop')),
    });
    await expect(running).rejects.toThrow('stop');
  });

  it('shows its tail without colours, and can be stored', async () => {
    const result = await run("printf '\\033[31mred\\033[0m\\0end\\n'; exit 1");
    expect(result.tail).toBe('red\uFFFDend');
    expect(result.output).not.toContain('\0');
  });
});
