import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { describeResult } from './describe-result.js';
import { createServerScripts } from './mcp-server.fixture.js';
import { McpSession } from './mcp-session.js';
import { McpSessions } from './mcp-sessions.js';
import { StdioTransport } from './stdio-transport.js';

const scripts = createServerScripts();
afterAll(() => scripts.remove());
const args = scripts.write(`{ 'tools/call': () => text(String(process.pid)) }`);

let sessions = new McpSessions();
afterEach(() => sessions.close());

const options = { signal: new AbortController().signal, timeoutMs: 20_000 };

function open(): Promise<McpSession> {
  const env = { PATH: process.env['PATH'] ?? '' };
  const transport = new StdioTransport({ command: process.execPath, args, cwd: tmpdir(), env });
  return McpSession.open({ name: 'it', transport, secrets: [] }, options);
}

const pid = async (agentRunId: string, server = 'a'): Promise<number> => {
  const work = (session: McpSession) => session.callTool({ tool: 'act', input: {} }, options);
  return Number(describeResult(await sessions.use({ agentRunId, server }, { open, work })));
};

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

describe('the servers of runs', () => {
  it('are one process for each run and server, also when it is asked twice at once', async () => {
    sessions = new McpSessions();
    const [first, again, otherServer, otherRun] = await Promise.all([
      pid('one'),
      pid('one'),
      pid('one', 'b'),
      pid('two'),
    ]);
    expect(again).toBe(first);
    expect(new Set([first, otherServer, otherRun]).size).toBe(3);
    await sessions.endRun('one');
    expect([first, otherServer, otherRun].map(isAlive)).toEqual([false, false, true]);
  });

  it('are ended when nothing has been asked of them for a while, and started again', async () => {
    sessions = new McpSessions(200);
    const first = await pid('one');
    await sleep(50);
    expect(await pid('one')).toBe(first);
    await expect.poll(() => isAlive(first), { timeout: 10_000 }).toBe(false);
    expect(await pid('one')).not.toBe(first);
  });

  it('are not ended while they are at work', async () => {
    sessions = new McpSessions(50);
    const work = async (session: McpSession) => {
      await sleep(300);
      return session.isUsable;
    };
    expect(await sessions.use({ agentRunId: 'one', server: 'a' }, { open, work })).toBe(true);
  });

  it('are started again when their process was killed, and opened anew when they could not be opened', async () => {
    sessions = new McpSessions();
    const first = await pid('one');
    process.kill(first, 'SIGKILL');
    await expect.poll(() => isAlive(first), { timeout: 10_000 }).toBe(false);
    await sleep(100);
    expect(await pid('one')).not.toBe(first);
    const refused = sessions.use(
      { agentRunId: 'two', server: 'a' },
      { open: () => Promise.reject(new Error('not now')), work: () => Promise.resolve() },
    );
    await expect(refused).rejects.toThrow('not now');
    expect(await pid('two')).toBeGreaterThan(0);
  });
});
