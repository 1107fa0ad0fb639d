import Anthropic from '@anthropic-ai/sdk';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRequestLog } from './log/read-request-log.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const started: ChildProcess[] = [];
let folder: string;

beforeEach(async () => {
  expect(existsSync(main), 'the package must be built first: npm run build').toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'main-'));
  const rules = [{ name: 'any', match: { model: 'm-1' }, answer: { text: 'yes' } }];
  await writeFile(join(folder, 'script.json'), JSON.stringify({ rules }));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

function run(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

async function listen() {
  const child = run('--script', join(folder, 'script.json'), '--log', join(folder, 'log.jsonl'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const ready = JSON.parse(line) as { url: string; anthropicBaseUrl: string; openaiBaseUrl: string; pid: number };
  return { child, ready, anthropic: new Anthropic({ apiKey: 'k', baseURL: ready.anthropicBaseUrl, maxRetries: 0 }) };
}

const request = { model: 'm-1', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] };

describe('the server as a process', () => {
  it('says where it listens, reports what went wrong, and ends with its signal', async () => {
    const { child, ready, anthropic } = await listen();
    expect(ready).toMatchObject({ openaiBaseUrl: `${ready.url}/v1`, pid: child.pid });
    await anthropic.messages.create({ ...request, model: 'm-2' }).catch(() => undefined);
    await anthropic.messages.create(request);
    await anthropic.messages.create(request);
    const report = (await (await fetch(`${ready.url}/__report`)).json()) as {
      failures: string[];
      repeatedRequests: object[];
    };
    expect(report).toMatchObject({ requests: 3, unusedRules: [] });
    expect(report.failures).toHaveLength(1);
    expect(report.repeatedRequests).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('leaves a log that is whole when it is killed right after an answer', async () => {
    const { child, anthropic } = await listen();
    await anthropic.messages.create(request);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [logged, ...more] = await readRequestLog(join(folder, 'log.jsonl'));
    expect(more).toEqual([]);
    expect(logged).toMatchObject({ rule: 'any', status: 200, model: 'm-1' });
  });

  it.each([
    { how: 'without a script', args: [], code: 2, message: /--script is missing\nusage: / },
    {
      how: 'with a port that is none',
      args: ['--script', 'x', '--port', 'many'],
      code: 2,
      message: /--port many is no port/,
    },
    { how: 'with an option it does not know', args: ['--scripts', 'x'], code: 2, message: /--scripts/ },
    {
      how: 'with a missing script',
      args: ['--script', 'missing.json'],
      code: 1,
      message: /missing\.json cannot be read/,
    },
  ])('ends at once $how', async ({ args, code, message }) => {
    const child = run(...args);
    const [exit, stderr] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    expect(exit).toEqual([code, null]);
    expect(stderr).toMatch(message);
  });
});
