import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { holdPort } from '../free-port.js';
import { endings } from '../processes/end-process.mjs';
import type { StackStep } from '../stack.js';
import { SupervisedServer } from './supervised-server.js';

let folder: string;
let server: SupervisedServer;
let steps: StackStep[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-supervised-'));
  steps = [];
  const held = await holdPort({ name: 'api' });
  const { port } = held;
  await held.release();
  const script = `require('node:http').createServer((_, answer) => answer.end('ok')).listen(${port}, '127.0.0.1')`;
  const answers = () =>
    fetch(`http://127.0.0.1:${port}`, { signal: AbortSignal.timeout(200) }).then(
      () => true,
      () => false,
    );
  server = new SupervisedServer({
    part: 'api',
    address: `127.0.0.1:${port}`,
    dataPath: folder,
    command: { program: process.execPath, args: ['-e', script], cwd: folder, env: {}, logFile: join(folder, 'log') },
    ending: endings.service,
    isReady: answers,
    answers,
    silence: { everyMs: 50, answerWithinMs: 300, silentMs: 1_000 },
    onProcess: () => Promise.resolve(),
    onProgress: (step) => steps.push(step),
  });
  await server.start();
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const states = () => steps.map(({ state }) => state);

it('ends a server that hangs, says so, and starts it again', async () => {
  const first = server.pid ?? 0;
  process.kill(first, 'SIGSTOP');
  while (!states().includes('restarted')) await sleep(20);
  expect(states()).toEqual(['starting', 'ready', 'hung', 'died', 'restarted']);
  expect(steps[2]?.detail).toMatch(new RegExp(`process ${first} gave no answer on 127\\.0\\.0\\.1:\\d+ for \\d+ s`));
  expect(server.pid).not.toBe(first);
  expect(() => process.kill(first, 0)).toThrow();
});

it('leaves alone one that was held up for less than the limit', async () => {
  const pid = server.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  await sleep(500);
  process.kill(pid, 'SIGCONT');
  await sleep(1_500);
  expect(states()).toEqual(['starting', 'ready']);
  expect(server.pid).toBe(pid);
});
