import { describe, expect, it } from 'vitest';
import { ProcessInput } from './process-input.js';
import { installProcessHost } from './process-host.js';
import { runProcess } from './run-process.js';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };

/** Answers each line, and ends with its input. */
const echo = 'while read -r line; do echo "heard $line"; echo noise >&2; done; echo bye';

async function talk(): Promise<{ stdout: string; exitCode: number | null; heard: string[] }> {
  const input = new ProcessInput();
  const heard: string[] = [];
  const onStdout = (chunk: string): void => {
    heard.push(chunk);
    if (chunk.includes('heard one')) input.write('two\n');
    if (chunk.includes('heard two')) input.end();
  };
  input.write('one\n');
  const { stdout, exitCode } = await runProcess({ command: echo, shell: true, cwd: '/', env, input, onStdout });
  return { stdout, exitCode, heard };
}

describe('a program that is talked to', () => {
  it('hears and answers line after line, before it has started and after', async () => {
    expect(await talk()).toMatchObject({ stdout: 'heard one\nheard two\nbye\n', exitCode: 0 });
  });

  it('does so through the process host', async () => {
    const host = installProcessHost();
    try {
      const { stdout, heard } = await talk();
      expect(stdout).toBe('heard one\nheard two\nbye\n');
      expect(heard.join('')).toBe(stdout);
    } finally {
      host.close();
    }
  });

  it('may be written to when it is gone', async () => {
    const input = new ProcessInput();
    const { exitCode } = await runProcess({ command: 'exit 3', shell: true, cwd: '/', env, input });
    input.write('is anybody there?\n');
    input.end();
    expect(exitCode).toBe(3);
  });
});
