import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { endProcess } from './end-process.mjs';
import { processIdentity } from './process-identity.mjs';

describe('ending a process', () => {
  it('never signals a process that only has the same pid', async () => {
    const stranger = spawn('sleep', ['60']);
    await once(stranger, 'spawn');
    expect(await endProcess({ pid: stranger.pid!, identity: '00000000.1' }, [['SIGKILL', 100]])).toBe(true);
    expect(processIdentity(stranger.pid!)).not.toBeNull();
    stranger.kill('SIGKILL');
  });

  it('goes on to the next signal when the first is ignored', async () => {
    const stubborn = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(stubborn.stdout, 'data');
    const known = { pid: stubborn.pid!, identity: processIdentity(stubborn.pid!)! };
    expect(await endProcess(known, [['SIGTERM', 150]])).toBe(false);
    expect(
      await endProcess(known, [
        ['SIGTERM', 50],
        ['SIGKILL', 5_000],
      ]),
    ).toBe(true);
    expect(stubborn.signalCode ?? 'SIGKILL').toBe('SIGKILL');
  });
});
