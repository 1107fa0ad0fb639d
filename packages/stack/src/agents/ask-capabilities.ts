import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What a program says that it can do. */
export interface AgentCapabilities {
  loadsSessions: boolean;
  takesImages: boolean;
  /** Servers of the Model Context Protocol over HTTP: how it gets our own tools. */
  takesHttpServers: boolean;
}

export interface CapabilityQuestion {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
}

/** The first message of the Agent Client Protocol, version 1. https://agentclientprotocol.com/protocol/initialization */
const initialize = {
  ...{ jsonrpc: '2.0', id: 0, method: 'initialize' },
  params: { protocolVersion: 1, clientInfo: { name: 'fermata', version: '1' }, clientCapabilities: {} },
};

/**
 * Starts a program, in an empty home that is removed again, and asks what it can do.
 * @returns null when it has not said so in time
 */
export async function askCapabilities(question: CapabilityQuestion): Promise<AgentCapabilities | null> {
  const { command, args, env, timeoutMs } = question;
  const home = await mkdtemp(join(tmpdir(), 'fermata-ask-'));
  const child = spawn(command, args, {
    ...{ cwd: home, env: { ...env, HOME: home }, detached: true },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const over = new Promise<null>((resolve) => {
    const timer = setTimeout(() => resolve(null), timeoutMs);
    child.once('error', () => resolve(null));
    child.once('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
  try {
    // A program may end without reading it.
    child.stdin.on('error', () => undefined);
    child.stdin.write(`${JSON.stringify(initialize)}\n`);
    return await Promise.race([answerIn(createInterface({ input: child.stdout })), over]);
  } finally {
    endGroup(child.pid);
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function answerIn(lines: AsyncIterable<string>): Promise<AgentCapabilities | null> {
  for await (const line of lines) {
    const { agentCapabilities: can } = resultIn(line) ?? {};
    if (can === undefined) continue;
    return {
      loadsSessions: can.loadSession === true,
      takesImages: can.promptCapabilities?.image === true,
      takesHttpServers: can.mcpCapabilities?.http === true,
    };
  }
  return null;
}

interface InitializeResult {
  agentCapabilities?: {
    loadSession?: boolean;
    promptCapabilities?: { image?: boolean };
    mcpCapabilities?: { http?: boolean };
  };
}

/** Programs print other things too. */
function resultIn(line: string): InitializeResult | null {
  try {
    const message = JSON.parse(line) as { id?: unknown; result?: InitializeResult } | null;
    return message?.id === 0 ? (message.result ?? null) : null;
  } catch {
    return null;
  }
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
