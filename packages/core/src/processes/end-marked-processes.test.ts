import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { endMarkedProcesses } from './end-marked-processes.js';

describe('ending what an earlier worker left', () => {
  it('ends a marked process that left its group, and no other', async () => {
    const env = { PATH: process.env['PATH'] ?? '', FERMATA_HOST: `test-${process.pid}` };
    const stray = spawn('sh', ['-c', 'setsid sleep 300'], { env, stdio: 'ignore', detached: true });
    const other = spawn('sleep', ['300'], { env: { PATH: env.PATH, FERMATA_HOST: 'another' }, stdio: 'ignore' });
    const ended = once(stray, 'exit');
    await new Promise((resolve) => setTimeout(resolve, 300));

    expect(await endMarkedProcesses('FERMATA_HOST', env.FERMATA_HOST)).toBeGreaterThanOrEqual(1);
    await ended;
    expect(await endMarkedProcesses('FERMATA_HOST', env.FERMATA_HOST)).toBe(0);
    expect(other.exitCode).toBeNull();
    other.kill('SIGKILL');
  });
});
