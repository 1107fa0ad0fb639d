import type { McpSession } from './mcp-session.js';

interface Held {
  session: Promise<McpSession>;
  users: number;
  idle: NodeJS.Timeout | null;
}

/** A server of one agent run. */
export interface SessionKey {
  agentRunId: string;
  server: string;
}

/** A run that waits for a person, or thinks, for longer than this has its servers started again when it needs them. */
const defaultIdleMs = 10 * 60_000;

/**
 * The servers at work on this host, by their runs: one process for each, started when it is needed, ended with its run or when
 * nothing has been asked of it for a while. After the death of this process none is left: the process host ends what it
 * has started, and the next worker ends what carries its mark.
 */
export class McpSessions {
  private readonly runs = new Map<string, Map<string, Held>>();

  constructor(private readonly idleMs = defaultIdleMs) {}

  /** Works with the server's session; one that has ended, or is not there, is opened. */
  async use<T>(
    key: SessionKey,
    { open, work }: { open: () => Promise<McpSession>; work: (session: McpSession) => Promise<T> },
  ): Promise<T> {
    const held = await this.usable(key, open);
    held.users += 1;
    if (held.idle !== null) clearTimeout(held.idle);
    try {
      return await work(await held.session);
    } finally {
      held.users -= 1;
      if (held.users === 0) held.idle = setTimeout(() => void this.drop(key, held), this.idleMs).unref();
    }
  }

  /** Resolves when nothing of the run's servers runs here any more. */
  async endRun(agentRunId: string): Promise<void> {
    const servers = [...(this.runs.get(agentRunId) ?? [])];
    await Promise.all(servers.map(([server, held]) => this.drop({ agentRunId, server }, held)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.runs.keys()].map((agentRunId) => this.endRun(agentRunId)));
  }

  private async usable(key: SessionKey, open: () => Promise<McpSession>): Promise<Held> {
    for (let known = this.heldOf(key); known !== undefined; known = this.heldOf(key)) {
      const session = await known.session.catch(() => null);
      if (session?.isUsable) return known;
      await this.drop(key, known);
    }
    const held: Held = { session: open(), users: 0, idle: null };
    const servers = this.runs.get(key.agentRunId) ?? new Map<string, Held>();
    this.runs.set(key.agentRunId, servers.set(key.server, held));
    await held.session.catch(() => this.forget(key, held));
    return held;
  }

  private heldOf({ agentRunId, server }: SessionKey): Held | undefined {
    return this.runs.get(agentRunId)?.get(server);
  }

  private async drop(key: SessionKey, held: Held): Promise<void> {
    this.forget(key, held);
    if (held.idle !== null) clearTimeout(held.idle);
    const session = await held.session.catch(() => null);
    await session?.close();
  }

  private forget({ agentRunId, server }: SessionKey, held: Held): void {
    if (this.heldOf({ agentRunId, server }) !== held) return;
    const servers = this.runs.get(agentRunId);
    servers?.delete(server);
    if (servers?.size === 0) this.runs.delete(agentRunId);
  }
}
