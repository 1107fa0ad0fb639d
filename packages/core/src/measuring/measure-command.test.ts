import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ValueReader } from '@fermata/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scrubbedEnvironment } from '../processes/index.js';
import { measureCommand, type MeasureRun } from './index.js';

let cwd: string;
beforeEach(() => {
  cwd = realpathSync(mkdtempSync(join(tmpdir(), 'fermata-measure-')));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const number: ValueReader = { type: 'regex', pattern: '(\\d+)' };
const measure = (command: string, read: ValueReader, options: Partial<MeasureRun> & { timeoutMs?: number } = {}) => {
  const { timeoutMs = 50_000, ...rest } = options;
  const env = scrubbedEnvironment(process.env);
  const run = { cwd, env, signal: new AbortController().signal, ...rest };
  return measureCommand({ kind: 'command', command, read, timeoutMs }, run);
};

describe('a measured command', () => {
  it('gives its value, its exit code and what it printed', async () => {
    const command = 'pwd >&2; echo "12 passed, 3 failed"; exit 1';
    const read: ValueReader = { type: 'regex', pattern: '(\\d+) failed' };
    const measured = await measure(command, read);
    expect(measured).toMatchObject({ value: 3, exitCode: 1 });
    expect(measured.output).toContain(cwd);
    expect(measured.output).toContain('12 passed');
  });

  it('is not read from what it says on stderr', async () => {
    await expect(measure('echo 5 >&2', number)).rejects.toMatchObject({ code: 'measure_failed' });
  });

  it('reads JSON and exit codes', async () => {
    const pointer: ValueReader = { type: 'json_pointer', pointer: '/n' };
    expect(await measure(`echo '{"n": 7}'; echo warning >&2`, pointer)).toMatchObject({ value: 7, exitCode: 0 });
    expect(await measure('false', { type: 'exit_code' })).toMatchObject({ value: 0, exitCode: 1 });
  });

  it('fails when it takes too long, although it printed a value', async () => {
    await expect(measure('echo 5; sleep 300', number, { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'measure_failed',
      message: 'the command took longer than its 1 s and was ended',
      details: { exitCode: null, output: '5\n' },
    });
  });

  it('fails when it cannot be started', async () => {
    const missing = measure('no-such-program-here', { type: 'exit_code' });
    await expect(missing).rejects.toMatchObject({ code: 'measure_failed', details: { exitCode: 127 } });
    await expect(measure('echo 1', number, { cwd: join(cwd, 'gone') })).rejects.toMatchObject({
      code: 'measure_failed',
      message: expect.stringContaining('could not be started') as string,
    });
  });

  it('never takes a number of ours for one of its own', async () => {
    const command = 'head -c 40000000 /dev/zero | tr "\\0" "x"';
    await expect(measure(command, number)).rejects.toMatchObject({ code: 'measure_failed' });
  });

  it('throws when it is aborted', async () => {
    const abort = new AbortController();
    const running = measure('echo 5; sleep 300', number, {
      signal: abort.signal,
      onOutput: () => abort.abort(new Error('stop')),
    });
    await expect(running).rejects.toThrow('stop');
  });
});
